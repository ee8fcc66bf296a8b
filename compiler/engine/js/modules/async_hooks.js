// `require('async_hooks')`: storage that follows a call, across timers, callbacks and every `await`.
//
// The context of running code is one value of the engine's, which promise jobs and timers carry along:
// `undefined`, or a map from the keys of storages to their stores, which is never changed once it is set.
import { asyncContext, setAsyncContext } from 'sandglass:native';
import {
  coded, ERR_ASYNC_CALLBACK, ERR_INVALID_ARG_TYPE, ERR_INVALID_ASYNC_ID,
} from '__wasm_rquickjs_builtin/internal/errors';

const ERR_ASYNC_TYPE = coded('ERR_ASYNC_TYPE', TypeError, (type) => `Invalid name for async "type": ${type}`);

function within(context, callback, thisArg, args) {
  const outer = asyncContext();
  setAsyncContext(context);
  try {
    return Reflect.apply(callback, thisArg, args);
  } finally {
    setAsyncContext(outer);
  }
}

function needFunction(callback, name) {
  if (typeof callback !== 'function') throw new ERR_INVALID_ARG_TYPE(name, 'Function', callback);
}

export class AsyncLocalStorage {
  // Another one after `disable`, which forgets what every context has of this storage.
  #key = {};

  run(store, callback, ...args) {
    return within(this.#with(store), callback, undefined, args);
  }

  exit(callback, ...args) {
    const context = new Map(asyncContext());
    context.delete(this.#key);
    return within(context, callback, undefined, args);
  }

  enterWith(store) {
    setAsyncContext(this.#with(store));
  }

  getStore() {
    return asyncContext()?.get(this.#key);
  }

  disable() {
    this.#key = {};
  }

  static bind(callback) {
    return AsyncResource.bind(callback);
  }

  static snapshot() {
    return AsyncLocalStorage.bind((callback, ...args) => callback(...args));
  }

  #with(store) {
    return new Map(asyncContext()).set(this.#key, store);
  }
}

// ---- resources and hooks ---------------------------------------------------------------------------

const MAIN = 1;
let lastId = MAIN;
let running = { id: MAIN, trigger: 0, resource: {} };
const hooks = new Set();

function emit(event, ...args) {
  for (const hook of [...hooks]) hook[event]?.(...args);
}

function scoped(scope, context, callback, thisArg, args) {
  const outer = running;
  running = scope;
  emit('before', scope.id);
  try {
    return within(context, callback, thisArg, args);
  } finally {
    emit('after', scope.id);
    running = outer;
  }
}

export class AsyncResource {
  #context = asyncContext();
  #scope;

  constructor(type, options = {}) {
    if (typeof type !== 'string') throw new ERR_INVALID_ARG_TYPE('type', 'string', type);
    if (type === '' && [...hooks].some(({ init }) => init)) throw new ERR_ASYNC_TYPE(type);
    const trigger = typeof options === 'number' ? options : options.triggerAsyncId ?? running.id;
    if (!Number.isSafeInteger(trigger) || trigger < -1) throw new ERR_INVALID_ASYNC_ID('triggerAsyncId', trigger);
    lastId += 1;
    this.#scope = { id: lastId, trigger, resource: this };
    emit('init', lastId, type, trigger, this);
  }

  runInAsyncScope(callback, thisArg, ...args) {
    return scoped(this.#scope, this.#context, callback, thisArg, args);
  }

  bind(callback, thisArg) {
    needFunction(callback, 'fn');
    const resource = this;
    const bound = thisArg === undefined
      ? function bound(...args) { return resource.runInAsyncScope(callback, this, ...args); }
      : (...args) => resource.runInAsyncScope(callback, thisArg, ...args);
    Object.defineProperties(bound, {
      length: { value: callback.length, configurable: true },
      asyncResource: { value: this, configurable: true, enumerable: true, writable: true },
    });
    return bound;
  }

  emitDestroy() {
    emit('destroy', this.#scope.id);
    return this;
  }

  asyncId() { return this.#scope.id; }
  triggerAsyncId() { return this.#scope.trigger; }

  static bind(callback, type = callback?.name || 'bound-anonymous-fn', thisArg = undefined) {
    needFunction(callback, 'fn');
    return new AsyncResource(type).bind(callback, thisArg);
  }
}

class AsyncHook {
  #callbacks;

  constructor(callbacks) {
    this.#callbacks = callbacks;
  }

  enable() {
    hooks.add(this.#callbacks);
    return this;
  }

  disable() {
    hooks.delete(this.#callbacks);
    return this;
  }
}

// The hooks hear of what is an `AsyncResource`, not of promises and timers.
export function createHook({ init, before, after, destroy, promiseResolve }) {
  const callbacks = { init, before, after, destroy, promiseResolve };
  for (const [name, callback] of Object.entries(callbacks)) {
    if (callback !== undefined && typeof callback !== 'function') throw new ERR_ASYNC_CALLBACK(`hook.${name}`);
  }
  return new AsyncHook(callbacks);
}

export const executionAsyncId = () => running.id;
export const triggerAsyncId = () => running.trigger;
export const executionAsyncResource = () => running.resource;
export const asyncWrapProviders = Object.freeze({ __proto__: null });

export default {
  AsyncLocalStorage, AsyncResource, asyncWrapProviders, createHook, executionAsyncId, executionAsyncResource,
  triggerAsyncId,
};
