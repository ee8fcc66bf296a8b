// `require('async_hooks')`: storage that follows a call. QuickJS does not say what an `await` goes on
// with, so across one the store is known only while a single `run` is open; with more it is `undefined`,
// never another's.

const storages = new Set();

export class AsyncLocalStorage {
  // What the code that runs right now is inside of.
  #frame;
  // The runs whose promises have not settled yet.
  #open = new Set();

  constructor() {
    storages.add(this);
  }

  run(store, callback, ...args) {
    const frame = { store };
    const result = this._within(frame, () => callback(...args));
    if (typeof result?.then === 'function') this.#keepOpen(frame, result);
    return result;
  }

  exit(callback, ...args) {
    return this._within({ store: undefined }, () => callback(...args));
  }

  enterWith(store) {
    this.#frame = { store };
  }

  getStore() {
    return this._frame?.store;
  }

  disable() {
    this.#frame = undefined;
    this.#open.clear();
  }

  static bind(callback) {
    return AsyncResource.bind(callback);
  }

  static snapshot() {
    return AsyncResource.bind((callback, ...args) => callback(...args));
  }

  get _frame() {
    if (this.#frame !== undefined || this.#open.size !== 1) return this.#frame;
    return [...this.#open][0];
  }

  _within(frame, callback) {
    const outer = this.#frame;
    this.#frame = frame;
    try {
      return callback();
    } finally {
      this.#frame = outer;
    }
  }

  #keepOpen(frame, result) {
    this.#open.add(frame);
    const close = () => this.#open.delete(frame);
    result.then(close, close);
  }
}

export class AsyncResource {
  #frames = Array.from(storages, (storage) => [storage, storage._frame]);

  constructor(type) {
    this.type = type;
  }

  runInAsyncScope(callback, thisArg, ...args) {
    const run = this.#frames.reduce((inner, [storage, frame]) => () => storage._within(frame, inner),
      () => callback.apply(thisArg, args));
    return run();
  }

  bind(callback, thisArg) {
    const resource = this;
    return function bound(...args) {
      return resource.runInAsyncScope(callback, thisArg ?? this, ...args);
    };
  }

  emitDestroy() { return this; }

  static bind(callback, type = callback.name || 'bound-anonymous-fn', thisArg = undefined) {
    return new AsyncResource(type).bind(callback, thisArg);
  }
}

export default { AsyncLocalStorage, AsyncResource };
