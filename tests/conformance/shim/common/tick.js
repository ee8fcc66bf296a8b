// How does a test wait for some turns of the event loop?
'use strict';

module.exports = function tick(turns, callback) {
  function onTick() {
    if (--turns === 0) callback?.();
    else setImmediate(onTick);
  }
  setImmediate(onTick);
};
