// `require('timers/promises')`: the global timers as promises, which a signal ends.
import { AbortError } from 'sandglass:stream_errors';

// What `start` hands its resolver to resolves to `value`; once `signal` is aborted it is stopped.
async function wait(start, stop, value, signal) {
  const aborted = () => new AbortError(undefined, { cause: signal.reason });
  if (signal?.aborted) throw aborted();
  let timer;
  let abort;
  try {
    return await new Promise((resolve, reject) => {
      timer = start(() => resolve(value));
      abort = () => reject(aborted());
      signal?.addEventListener('abort', abort);
    });
  } finally {
    stop(timer);
    signal?.removeEventListener('abort', abort);
  }
}

export function setTimeout(delay, value, { signal } = {}) {
  return wait((resolve) => globalThis.setTimeout(resolve, delay), globalThis.clearTimeout, value, signal);
}

export function setImmediate(value, { signal } = {}) {
  return wait(globalThis.setImmediate, globalThis.clearImmediate, value, signal);
}

// Ticks that nobody has asked for yet are kept.
export async function* setInterval(delay, value, { signal } = {}) {
  const aborted = () => new AbortError(undefined, { cause: signal.reason });
  if (signal?.aborted) throw aborted();
  let due = 0;
  let wake = () => {};
  const abort = () => wake();
  const timer = globalThis.setInterval(() => {
    due += 1;
    wake();
  }, delay);
  signal?.addEventListener('abort', abort);
  try {
    for (;;) {
      if (due === 0 && !signal?.aborted) await new Promise((resolve) => { wake = resolve; });
      for (; due > 0; due -= 1) yield value;
      if (signal?.aborted) throw aborted();
    }
  } finally {
    globalThis.clearInterval(timer);
    signal?.removeEventListener('abort', abort);
  }
}

class Scheduler {
  constructor() {
    throw Object.assign(new TypeError('Illegal constructor'), { code: 'ERR_ILLEGAL_CONSTRUCTOR' });
  }

  wait(delay, options) { return setTimeout(delay, undefined, options); }
  yield() { return setImmediate(); }
}
export const scheduler = Object.create(Scheduler.prototype);

export default { setTimeout, setImmediate, setInterval, scheduler };
