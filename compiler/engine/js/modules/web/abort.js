// The globals `AbortController` and `AbortSignal`, by the DOM standard.
import { domException } from 'sandglass:dom_exception';
import { coded } from 'sandglass:coded';
import { dispatchTrusted, Event, EventTarget } from 'sandglass:events';
import { namespace } from 'sandglass:native';

const INSPECT = Symbol.for('nodejs.util.inspect.custom');
const CONSTRUCTIBLE = Symbol('constructible');
const DELAY_MAX = 2 ** 32 - 1;

// Set by the class below.
let abort;

function invalid(...told) {
  const { ERR_INVALID_ARG_TYPE } = namespace('__wasm_rquickjs_builtin/internal/errors');
  return new ERR_INVALID_ARG_TYPE(...told);
}

function newSignal() {
  return new AbortSignal(CONSTRUCTIBLE);
}

function abortError() {
  return domException('This operation was aborted', 'AbortError');
}

export class AbortSignal extends EventTarget {
  #isAborted = false;
  #reason;
  #onabort = null;
  // The signals that abort when this one does.
  #dependents = new Set();
  #sources;

  constructor(token) {
    if (token !== CONSTRUCTIBLE) throw coded(TypeError, 'ERR_ILLEGAL_CONSTRUCTOR', 'Illegal constructor');
    super();
  }

  static abort(reason = abortError()) {
    const signal = newSignal();
    signal.#isAborted = true;
    signal.#reason = reason;
    return signal;
  }

  static timeout(delay) {
    if (typeof delay !== 'number') {
      throw coded(TypeError, 'ERR_INVALID_ARG_TYPE', 'The "delay" argument must be of type number.');
    }
    if (!Number.isInteger(delay) || delay < 0 || delay > DELAY_MAX) {
      throw coded(RangeError, 'ERR_OUT_OF_RANGE', `The value of "delay" is out of range. Received ${delay}`);
    }
    const signal = newSignal();
    globalThis.setTimeout(() => {
      abort(signal, domException('The operation was aborted due to timeout', 'TimeoutError'));
    }, delay);
    return signal;
  }

  static any(signals) {
    if (typeof signals?.[Symbol.iterator] !== 'function') throw invalid('signals', 'Iterable', signals);
    const sources = [...signals];
    const wrong = sources.findIndex((source) => !(source instanceof AbortSignal));
    if (wrong >= 0) throw invalid(`signals[${wrong}]`, 'AbortSignal', sources[wrong]);
    const aborted = sources.find((source) => source.aborted);
    if (aborted !== undefined) return AbortSignal.abort(aborted.reason);
    const signal = newSignal();
    // A signal of signals follows those that these follow, so that all of them hear in the order that they were made.
    signal.#sources = new Set(sources.flatMap((source) => [...(source.#sources ?? [source])]));
    for (const source of signal.#sources) source.#dependents.add(signal);
    return signal;
  }

  get aborted() { return this.#isAborted; }
  get reason() { return this.#reason; }
  get onabort() { return this.#onabort; }

  set onabort(handler) {
    this.removeEventListener('abort', this.#onabort);
    this.#onabort = typeof handler === 'function' ? handler : null;
    this.addEventListener('abort', this.#onabort);
  }

  throwIfAborted() {
    if (this.#isAborted) throw this.#reason;
  }

  [INSPECT]() {
    return `AbortSignal { aborted: ${this.#isAborted} }`;
  }

  // Every signal is aborted before the first listener hears of it.
  #abort(reason) {
    const signals = this.#mark(reason);
    for (const signal of signals) dispatchTrusted(signal, new Event('abort'));
  }

  #mark(reason) {
    if (this.#isAborted) return [];
    this.#isAborted = true;
    this.#reason = reason;
    return [this, ...[...this.#dependents].flatMap((dependent) => dependent.#mark(reason))];
  }

  static {
    abort = (signal, reason) => signal.#abort(reason);
    Object.defineProperty(AbortSignal.prototype, Symbol.toStringTag, { value: 'AbortSignal', configurable: true });
  }
}

export class AbortController {
  #signal = newSignal();

  get signal() { return this.#signal; }

  abort(reason = abortError()) {
    abort(this.#signal, reason);
  }

  [INSPECT](depth, options, inspect) {
    return `AbortController { signal: ${inspect(this.#signal, options)} }`;
  }

  static {
    Object.defineProperty(AbortController.prototype, Symbol.toStringTag, {
      value: 'AbortController', configurable: true,
    });
  }
}
