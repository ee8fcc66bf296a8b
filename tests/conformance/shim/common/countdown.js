// When has something happened as often as it should?
'use strict';

const assert = require('assert');
const common = require('./index.js');

module.exports = class Countdown {
  #left;
  #call;

  constructor(limit, call) {
    assert.strictEqual(typeof limit, 'number');
    assert.strictEqual(typeof call, 'function');
    this.#left = limit;
    this.#call = common.mustCall(call);
  }

  dec() {
    assert(this.#left > 0, 'Countdown expired');
    if (--this.#left === 0) this.#call();
    return this.#left;
  }

  get remaining() { return this.#left; }
};
