// What do `map`, `filter`, `reduce` and the other operators of a Readable do?
import {
  AbortError, ERR_INVALID_ARG_TYPE, ERR_MISSING_ARGS, ERR_OUT_OF_RANGE,
} from 'sandglass:stream_errors';
import eos from '__wasm_rquickjs_builtin/internal/streams/end-of-stream';
import { validateAbortSignal, validateInteger, validateObject } from '__wasm_rquickjs_builtin/internal/validators';

// What `map` leaves out.
const NOTHING = Symbol('nothing');

function checkFunction(callback, name = 'fn') {
  if (typeof callback !== 'function') throw new ERR_INVALID_ARG_TYPE(name, ['Function', 'AsyncFunction'], callback);
}

// The signal of the options, which are checked.
function checkedSignal(options) {
  if (options !== undefined && options !== null) validateObject(options, 'options');
  const signal = options?.signal;
  if (signal !== undefined && signal !== null) validateAbortSignal(signal, 'options.signal');
  return signal;
}

// A signal that follows another one, if there is one.
function following(signal) {
  const controller = new AbortController();
  if (signal?.aborted) controller.abort(signal.reason);
  signal?.addEventListener('abort', () => controller.abort(signal.reason), { once: true });
  return controller;
}

// Calls `fn` for up to `concurrency` values at once and keeps the order of the results: those that are not
// taken yet wait in `queue`, as promises, no more than `most` of them.
class Mapping {
  queue = [];
  isOver = false;
  #running = 0;
  #wakeTaker;
  #wakePump;

  constructor(fn, signal, concurrency, most) {
    Object.assign(this, { fn, signal, concurrency, most });
  }

  async pump(stream) {
    try {
      for await (const value of stream) {
        if (this.isOver) return;
        if (this.signal.aborted) throw new AbortError();
        this.#start(value);
        if (this.#isFull()) await new Promise((resolve) => { this.#wakePump = resolve; });
      }
      this.#put(Promise.resolve({ isEnd: true }));
    } catch (error) {
      this.#put(rejection(error));
    } finally {
      this.isOver = true;
      this.#wakeTaker?.();
    }
  }

  #start(value) {
    let result;
    try {
      result = Promise.resolve(this.fn(value, { signal: this.signal }));
    } catch (error) {
      result = rejection(error);
    }
    this.#running += 1;
    const ended = () => {
      this.#running -= 1;
      this.resume();
    };
    this.#put(result.then((mapped) => ({ mapped })));
    result.then(ended, () => {
      this.isOver = true;
      ended();
    });
  }

  #put(result) {
    result.catch(() => {});
    this.queue.push(result);
    this.#wakeTaker?.();
  }

  #isFull() {
    return !this.isOver && (this.queue.length >= this.most || this.#running >= this.concurrency);
  }

  resume() {
    if (!this.#isFull()) this.#wakePump?.();
  }

  stop() {
    this.isOver = true;
    this.#wakePump?.();
  }

  filled() {
    return new Promise((resolve) => { this.#wakeTaker = resolve; });
  }
}

function rejection(error) {
  const rejected = Promise.reject(error);
  rejected.catch(() => {});
  return rejected;
}

async function* mapped(stream, fn, outer, concurrency, most) {
  const { signal } = following(outer);
  const mapping = new Mapping(fn, signal, concurrency, most);
  mapping.pump(stream);
  try {
    for (;;) {
      while (mapping.queue.length > 0) {
        const result = await mapping.queue[0];
        if (result.isEnd) return;
        if (signal.aborted) throw new AbortError();
        if (result.mapped !== NOTHING) yield result.mapped;
        mapping.queue.shift();
        mapping.resume();
      }
      await mapping.filled();
    }
  } finally {
    mapping.stop();
  }
}

function map(fn, options) {
  checkFunction(fn);
  const signal = checkedSignal(options);
  const concurrency = Math.floor(options?.concurrency ?? 1);
  const ahead = Math.floor(options?.highWaterMark ?? concurrency - 1);
  validateInteger(concurrency, 'options.concurrency', 1);
  validateInteger(ahead, 'options.highWaterMark', 0);
  return mapped(this, fn, signal, concurrency, ahead + concurrency);
}

function filter(fn, options) {
  checkFunction(fn);
  return map.call(this, async (value, { signal }) => ((await fn(value, { signal })) ? value : NOTHING), options);
}

function flatMap(fn, options) {
  const values = map.call(this, fn, options);
  return (async function* flat() {
    for await (const value of values) yield* value;
  })();
}

function count(number) {
  const whole = Number(number);
  if (Number.isNaN(whole)) return 0;
  if (whole < 0) throw new ERR_OUT_OF_RANGE('number', '>= 0', number);
  return whole;
}

function check(signal) {
  if (signal?.aborted) throw new AbortError();
}

function drop(number, options = undefined) {
  const signal = checkedSignal(options);
  let left = count(number);
  const stream = this;
  return (async function* rest() {
    check(signal);
    for await (const value of stream) {
      check(signal);
      if (left <= 0) yield value;
      left -= 1;
    }
  })();
}

function take(number, options = undefined) {
  const signal = checkedSignal(options);
  let left = count(number);
  const stream = this;
  return (async function* start() {
    check(signal);
    for await (const value of stream) {
      check(signal);
      left -= 1;
      if (left >= 0) yield value;
      if (left <= 0) return;
    }
  })();
}

function asIndexedPairs(options = undefined) {
  const signal = checkedSignal(options);
  const stream = this;
  return (async function* pairs() {
    let index = 0;
    for await (const value of stream) {
      if (signal?.aborted) throw new AbortError(undefined, { cause: signal.reason });
      yield [index, value];
      index += 1;
    }
  })();
}

async function forEach(fn, options) {
  checkFunction(fn);
  const each = async (value, { signal }) => {
    await fn(value, { signal });
    return NOTHING;
  };
  // eslint-disable-next-line no-unused-vars -- there is none
  for await (const nothing of map.call(this, each, options));
}

async function some(fn, options = undefined) {
  // eslint-disable-next-line no-unused-vars -- that there is one is all
  for await (const found of filter.call(this, fn, options)) return true;
  return false;
}

async function every(fn, options = undefined) {
  checkFunction(fn);
  return !(await some.call(this, async (...args) => !(await fn(...args)), options));
}

async function find(fn, options) {
  for await (const found of filter.call(this, fn, options)) return found;
  return undefined;
}

async function toArray(options) {
  const signal = checkedSignal(options);
  const all = [];
  for await (const value of this) {
    if (signal?.aborted) throw new AbortError(undefined, { cause: signal.reason });
    all.push(value);
  }
  return all;
}

async function destroyAborted(stream, signal) {
  const error = new AbortError(undefined, { cause: signal.reason });
  stream.once('error', () => {});
  await new Promise((resolve) => { eos(stream.destroy(error), resolve); });
  throw error;
}

async function reduce(reducer, ...rest) {
  checkFunction(reducer, 'reducer');
  const [initial, options] = rest;
  const outer = checkedSignal(options);
  let hasValue = rest.length > 0;
  let result = initial;
  if (outer?.aborted) await destroyAborted(this, outer);
  const controller = following(outer);
  const { signal } = controller;
  try {
    for await (const value of this) {
      check(outer);
      result = hasValue ? await reducer(result, value, { signal }) : value;
      hasValue = true;
    }
  } finally {
    controller.abort();
  }
  if (!hasValue) {
    throw Object.assign(new ERR_MISSING_ARGS('reduce'), {
      message: 'Reduce of an empty stream requires an initial value',
    });
  }
  return result;
}
Object.defineProperty(reduce, 'length', { value: 3, configurable: true });

const STREAMS = { asIndexedPairs, drop, filter, flatMap, map, take };
const PROMISES = { every, find, forEach, reduce, some, toArray };

// Gives the class its operators; `from` makes a stream of an iterator.
export function addOperators(Readable, from) {
  const define = (name, value) => {
    Object.defineProperty(Readable.prototype, name, { value, writable: true, enumerable: false, configurable: true });
  };
  const named = (name, length, value) => Object.defineProperties(value, {
    name: { value: name, configurable: true }, length: { value: length, configurable: true },
  });
  for (const [name, operator] of Object.entries(STREAMS)) {
    const { [name]: method } = { [name](...args) { return from(Reflect.apply(operator, this, args)); } };
    define(name, named(name, operator.length, method));
  }
  for (const [name, operator] of Object.entries(PROMISES)) {
    const { [name]: method } = { [name](...args) { return Reflect.apply(operator, this, args); } };
    define(name, named(name, operator.length, method));
  }
}
