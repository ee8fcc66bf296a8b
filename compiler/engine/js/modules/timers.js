// `require('timers')`: the globals once more.
import promises from 'timers/promises';

export const {
  setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate,
} = globalThis;
export { promises };

export default {
  setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate, promises,
};
