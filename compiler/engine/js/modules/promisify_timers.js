// Makes `util.promisify(setTimeout)` wait, as it does in Node.js.
const CUSTOM = Symbol.for('nodejs.util.promisify.custom');

for (const start of [globalThis.setTimeout, globalThis.setImmediate]) {
  if (typeof start !== 'function' || Object.hasOwn(start, CUSTOM)) continue;
  const wait = start === globalThis.setTimeout
    ? (delay, value) => new Promise((resolve) => { start(resolve, delay, value); })
    : (value) => new Promise((resolve) => { start(resolve, value); });
  Object.defineProperty(start, CUSTOM, { value: wait, configurable: true });
}
