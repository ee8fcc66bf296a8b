// `require('timers')`: the globals once more, and the older way to a timer.
import promises from 'timers/promises';
import { validateNumber } from '__wasm_rquickjs_builtin/internal/validators';

export const {
  setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate,
} = globalThis;
export { promises };

const DELAY_MAX = 2 ** 31 - 1;
const timers = new WeakMap();

const warned = new Set();
function deprecated(name, instead, code) {
  if (warned.has(code)) return;
  warned.add(code);
  globalThis.process.emitWarning(
    `timers.${name}() is deprecated. Please use ${instead} instead.`, 'DeprecationWarning', code);
}

// Says after how long `_onTimeout` of an item is called, once it is active.
export function enroll(item, delay) {
  deprecated('enroll', 'setTimeout', 'DEP0095');
  validateNumber(delay, 'msecs');
  if (!(delay >= 0 && Number.isFinite(delay))) throw outOfRange(delay);
  if (delay > DELAY_MAX) {
    globalThis.process.emitWarning(
      `${delay} does not fit into a 32-bit signed integer.\nTimer duration was truncated to ${DELAY_MAX}.`,
      'TimeoutOverflowWarning');
  }
  forget(item);
  item._idleTimeout = Math.min(delay, DELAY_MAX);
}

function outOfRange(delay) {
  const error = new RangeError(
    `The value of "msecs" is out of range. It must be a non-negative finite number. Received ${delay}`);
  return Object.assign(error, { code: 'ERR_OUT_OF_RANGE' });
}

export function unenroll(item) {
  deprecated('unenroll', 'clearTimeout', 'DEP0096');
  forget(item);
}

function forget(item) {
  globalThis.clearTimeout(timers.get(item) ?? item);
  timers.delete(item);
  item._idleTimeout = -1;
}

export function active(item) {
  deprecated('active', 'timeout.refresh()', 'DEP0126');
  activate(item);
}

function activate(item) {
  globalThis.clearTimeout(timers.get(item));
  if (!(item._idleTimeout >= 0)) return;
  Object.assign(item, { _idleStart: Math.trunc(globalThis.performance.now()), _idleNext: item, _idlePrev: item });
  timers.set(item, globalThis.setTimeout(() => item._onTimeout?.(), item._idleTimeout));
}

export function _unrefActive(item) {
  deprecated('_unrefActive', 'timeout.refresh()', 'DEP0127');
  activate(item);
  timers.get(item)?.unref();
}

export default {
  setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate, promises,
  active, enroll, unenroll, _unrefActive,
};
