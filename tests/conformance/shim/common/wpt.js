// How do Node.js' own tests state what was once a test of the web platform?
'use strict';

const assert = require('assert');

module.exports.harness = {
  test(fn) { fn(); },
  assert_equals: assert.strictEqual,
  assert_true: (value, message) => assert.strictEqual(value, true, message),
  assert_false: (value, message) => assert.strictEqual(value, false, message),
  assert_throws(code, fn, description) {
    assert.throws(fn, (error) => typeof error === 'object' && 'name' in error && error.name.startsWith(code.name),
      description);
  },
  assert_array_equals: assert.deepStrictEqual,
  assert_unreached(description) { assert.fail(`Reached unreachable code: ${description}`); },
};
