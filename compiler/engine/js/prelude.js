// What does every lambda find when it starts?
//
// Evaluated once, when the engine is built, so that all of this lies in every image: keep it small,
// and let nothing here remember an invocation. `host` is the object of natives in `src/host.rs`;
// no other code sees it. Everything heavier is a module of the library, loaded at its first use;
// what every invocation runs through is in `protocol.js`.
(function (host) {
  'use strict';

  const { parse, stringify } = JSON;
  const { defineProperty } = Object;
  const { toWellFormed } = String.prototype;
  const global = globalThis;

  // ---- logging -------------------------------------------------------------------------------

  const DEBUG = 0, INFO = 1, WARN = 2, ERROR = 3;

  // JSON for people: what JSON leaves out is shown as text, and nothing throws.
  function legible(key, value) {
    switch (typeof value) {
      case 'bigint': return `${value}n`;
      case 'function': return `[Function: ${value.name || '(anonymous)'}]`;
      case 'symbol': return String(value);
      case 'object':
        if (value instanceof Error) {
          return { name: value.name, message: value.message, stack: value.stack, ...value };
        }
    }
    return value;
  }

  function json(value) {
    try {
      return stringify(value, legible) ?? 'null';
    } catch (error) {
      try {
        return stringify(`[${error.message}]`);
      } catch {
        return '"[a value that cannot be shown]"';
      }
    }
  }

  function text(value) {
    if (typeof value === 'string') return value;
    try {
      if (value instanceof Error) return `${value}\n${userStack(value)}`.trimEnd();
      return typeof value === 'object' && value !== null ? json(value) : String(value);
    } catch {
      return '[a value that cannot be shown]';
    }
  }

  // Host strings are Unicode: half a surrogate pair becomes U+FFFD.
  const wellFormed = (string) => toWellFormed.call(string);

  function log(level, message, extras) {
    const rest = extras.length === 0 ? '[]' : `[${extras.map(json).join(',')}]`;
    host.log(level, wellFormed(text(message)), wellFormed(rest));
  }

  const counts = new Map();
  const started = new Map();
  global.console = {
    debug: function debug(message = '', ...extras) { log(DEBUG, message, extras); },
    log: function log_(message = '', ...extras) { log(INFO, message, extras); },
    info: function info(message = '', ...extras) { log(INFO, message, extras); },
    warn: function warn(message = '', ...extras) { log(WARN, message, extras); },
    error: function error(message = '', ...extras) { log(ERROR, message, extras); },
    trace: function trace(message = 'Trace', ...extras) {
      log(DEBUG, `${text(message)}\n${new Error().stack}`, extras);
    },
    dir: function dir(value) { log(INFO, value, []); },
    table: function table(value) { log(INFO, value, []); },
    assert: function assert(condition, message = 'Assertion failed', ...extras) {
      if (!condition) log(ERROR, message, extras);
    },
    count: function count(label = 'default') {
      counts.set(label, (counts.get(label) ?? 0) + 1);
      log(INFO, `${label}: ${counts.get(label)}`, []);
    },
    countReset: function countReset(label = 'default') { counts.delete(label); },
    time: function time(label = 'default') { started.set(label, host.now()); },
    timeLog: function timeLog(label = 'default', ...extras) {
      log(INFO, `${label}: ${(host.now() - (started.get(label) ?? host.now())).toFixed(3)} ms`, extras);
    },
    timeEnd: function timeEnd(label = 'default') {
      global.console.timeLog(label);
      started.delete(label);
    },
    group: function group(...labels) { if (labels.length > 0) log(INFO, labels[0], labels.slice(1)); },
    groupCollapsed: function groupCollapsed(...labels) { global.console.group(...labels); },
    groupEnd: function groupEnd() {},
  };

  // ---- time and chance -----------------------------------------------------------------------

  Math.random = function random() { return host.random(); };
  global.performance = { now: () => host.now(), get timeOrigin() { return Date.now() - host.now(); } };

  function needFunction(callback) {
    if (typeof callback === 'function') return;
    const { ERR_INVALID_ARG_TYPE } = host.namespace('__wasm_rquickjs_builtin/internal/errors');
    throw new ERR_INVALID_ARG_TYPE('callback', 'function', callback);
  }

  // As Node.js: an object that is also a number, can be unref'ed, and closes itself.
  class Timeout {
    #id;
    constructor(callback, delay, args, repeat) {
      needFunction(callback);
      const run = () => {
        callback(...args);
        if (ticks.length > 0) runTicks();
      };
      this.#id = host.startTimer(run, Number(delay), repeat);
    }
    ref() { return this; }
    unref() { return this; }
    hasRef() { return true; }
    close() { host.stopTimer(this.#id); return this; }
    [Symbol.toPrimitive]() { return this.#id; }
  }

  function stop(timer) {
    if (timer instanceof Timeout) timer.close();
    else if (timer !== undefined && timer !== null && Number(timer) > 0) host.stopTimer(Number(timer));
  }

  global.setTimeout = function setTimeout(callback, delay, ...args) {
    return new Timeout(callback, delay, args, false);
  };
  global.setInterval = function setInterval(callback, delay, ...args) {
    return new Timeout(callback, delay, args, true);
  };
  global.setImmediate = function setImmediate(callback, ...args) {
    return new Timeout(callback, 0, args, false);
  };
  global.clearTimeout = function clearTimeout(timer) { stop(timer); };
  global.clearInterval = function clearInterval(timer) { stop(timer); };
  global.clearImmediate = function clearImmediate(timer) { stop(timer); };

  let uncaught;
  const resolved = Promise.resolve();
  global.queueMicrotask = function queueMicrotask(callback) {
    needFunction(callback);
    resolved.then(() => callback()).catch((error) => uncaught(error));
  };

  // What `process.nextTick` was given. It runs when the lambda's function, or that of a timer, has returned,
  // before promise jobs; what one of these gave, and the top level, runs in its turn among them.
  const ticks = [];
  let tellOfTick;

  function runTicks() {
    for (let tick = ticks.shift(); tick !== undefined; tick = ticks.shift()) {
      try {
        tick();
      } catch (error) {
        uncaught(error);
      }
    }
  }

  function nextTick(callback, ...args) {
    needFunction(callback);
    if (ticks.length === 0) resolved.then(runTicks);
    ticks.push(() => { callback(...args); });
    tellOfTick();
  }

  // ---- modules -------------------------------------------------------------------------------

  const modules = new Map();

  function notFound(name) {
    const error = new Error(
      `Cannot find module '${name}': it is not one of the modules that come with Sandglass`);
    error.code = 'MODULE_NOT_FOUND';
    return error;
  }

  function require(specifier) {
    if (typeof specifier !== 'string') {
      throw new TypeError('The "id" argument must be of type string.');
    }
    const name = specifier.startsWith('node:') ? specifier.slice(5) : specifier;
    if (name === 'process') return process;
    if (name === 'console') return global.console;
    let exports = modules.get(name);
    if (exports === undefined) {
      exports = host.require(wellFormed(name));
      if (exports === undefined) throw notFound(specifier);
      modules.set(name, exports);
    }
    return exports;
  }
  const userModule = { exports: {} };
  global.require = require;
  global.module = userModule;
  global.exports = userModule.exports;
  global.global = global;

  // A global that is loaded from the library when it is first touched.
  function lazy(name, from, property = name) {
    const set = (value) => {
      defineProperty(global, name, { value, writable: true, configurable: true, enumerable: false });
    };
    defineProperty(global, name, {
      get() {
        const value = host.namespace(from)[property];
        set(value);
        return value;
      },
      set,
      configurable: true,
      enumerable: false,
    });
  }
  lazy('Buffer', 'buffer');
  lazy('URL', 'sandglass:url');
  lazy('URLSearchParams', 'sandglass:url');
  lazy('TextEncoder', 'sandglass:encoding');
  lazy('TextDecoder', 'sandglass:encoding');
  lazy('atob', 'sandglass:base64');
  lazy('btoa', 'sandglass:base64');
  lazy('structuredClone', 'sandglass:structured_clone');
  lazy('crypto', 'sandglass:web_crypto');
  lazy('DOMException', 'sandglass:dom_exception');
  lazy('Event', 'sandglass:events');
  lazy('CustomEvent', 'sandglass:events');
  lazy('EventTarget', 'sandglass:events');
  lazy('AbortController', 'sandglass:abort');
  lazy('AbortSignal', 'sandglass:abort');
  lazy('ReadableStream', 'sandglass:streams');
  lazy('ReadableStreamBYOBReader', 'sandglass:streams');
  lazy('ReadableStreamBYOBRequest', 'sandglass:streams');
  lazy('ReadableStreamDefaultController', 'sandglass:streams');
  lazy('ReadableStreamDefaultReader', 'sandglass:streams');
  lazy('ReadableByteStreamController', 'sandglass:streams');
  lazy('WritableStream', 'sandglass:streams');
  lazy('WritableStreamDefaultController', 'sandglass:streams');
  lazy('WritableStreamDefaultWriter', 'sandglass:streams');
  lazy('TransformStream', 'sandglass:streams');
  lazy('TransformStreamDefaultController', 'sandglass:streams');
  lazy('ByteLengthQueuingStrategy', 'sandglass:streams');
  lazy('CountQueuingStrategy', 'sandglass:streams');
  lazy('CompressionStream', 'sandglass:compression_streams');
  lazy('DecompressionStream', 'sandglass:compression_streams');
  lazy('TextDecoderStream', 'sandglass:text_streams');
  lazy('TextEncoderStream', 'sandglass:text_streams');
  lazy('MessageEvent', 'sandglass:messages');
  lazy('MessagePort', 'sandglass:messages');
  lazy('MessageChannel', 'sandglass:messages');
  lazy('BroadcastChannel', 'sandglass:messages');
  lazy('Blob', 'sandglass:blob');
  lazy('File', 'sandglass:blob');
  lazy('FormData', 'sandglass:form_data');
  lazy('Headers', 'sandglass:headers');
  lazy('Request', 'sandglass:request');
  lazy('Response', 'sandglass:response');
  lazy('fetch', 'sandglass:fetch');
  lazy('Intl', 'sandglass:intl');
  lazy('Crypto', 'sandglass:web_crypto');
  lazy('CryptoKey', 'sandglass:crypto/web_classes');
  lazy('SubtleCrypto', 'sandglass:crypto/web_classes');

  // The methods that depend on a language ask `Intl`, which is loaded when one is first called.
  const languages = () => host.namespace('sandglass:intl/methods');

  function localized(owner, name, method) {
    defineProperty(method, 'name', { value: name });
    defineProperty(owner, name, { value: method, writable: true, configurable: true, enumerable: false });
  }
  const valueOfNumber = Function.prototype.call.bind(Number.prototype.valueOf);
  const valueOfBigInt = Function.prototype.call.bind(BigInt.prototype.valueOf);
  const valueOfDate = Function.prototype.call.bind(Date.prototype.getTime);
  localized(Number.prototype, 'toLocaleString', { f(locales, options) {
    return languages().number(valueOfNumber(this), locales, options);
  } }.f);
  localized(BigInt.prototype, 'toLocaleString', { f(locales, options) {
    return languages().number(valueOfBigInt(this), locales, options);
  } }.f);
  for (const [name, required, defaults] of [['toLocaleString', 'any', 'all'], ['toLocaleDateString', 'date', 'date'],
    ['toLocaleTimeString', 'time', 'time']]) {
    localized(Date.prototype, name, { f(locales, options) {
      return languages().date(valueOfDate(this), locales, options, required, defaults);
    } }.f);
  }
  localized(String.prototype, 'localeCompare', { f(other, locales, options) {
    return languages().compare(`${this}`, `${other}`, locales, options);
  } }.f);
  for (const [name, isUpper] of [['toLocaleUpperCase', true], ['toLocaleLowerCase', false]]) {
    localized(String.prototype, name, { f(locales) {
      return languages().changeCase(`${this}`, locales, isUpper);
    } }.f);
  }

  const process = {
    env: {},
    argv: ['node', 'lambda'],
    platform: 'linux',
    arch: 'wasm32',
    pid: 1,
    title: 'sandglass',
    version: 'v22.14.0',
    versions: { node: '22.14.0', sandglass: '0.1.0' },
    release: { name: 'node' },
    cwd: () => '/',
    uptime: () => host.now() / 1000,
    hrtime: Object.assign(
      (since = [0, 0]) => {
        const nanos = BigInt(Math.round(host.now() * 1e6)) - (BigInt(since[0]) * 1000000000n + BigInt(since[1]));
        return [Number(nanos / 1000000000n), Number(nanos % 1000000000n)];
      },
      { bigint: () => BigInt(Math.round(host.now() * 1e6)) },
    ),
    nextTick,
    emitWarning: (warning) => { log(WARN, warning, []); },
    on: () => process,
    once: () => process,
    off: () => process,
    emit: () => false,
  };
  global.process = process;

  // As Node.js: whatever is written to the environment becomes a string.
  const environmentHandler = {
    set: (env, name, value) => Reflect.set(env, name, typeof value === 'string' ? value : String(value)),
    defineProperty: (env, name, descriptor) => Reflect.defineProperty(env, name,
      'value' in descriptor ? { ...descriptor, value: String(descriptor.value) } : descriptor),
  };

  // ---- errors --------------------------------------------------------------------------------

  const CRASHES = [TypeError, ReferenceError, SyntaxError];

  function isCrash(error, name) {
    return CRASHES.some((crash) => error instanceof crash) || name === 'InternalError';
  }

  const OWN_FRAMES = ['sandglass:', '__wasm_rquickjs_builtin/', 'lp-faas-toolbelt:', 'core-functions-toolbelt:'];

  // A property as text; an error may be a proxy, or have getters that throw.
  function read(error, property, otherwise) {
    try {
      const value = error[property];
      return value === undefined || value === null ? otherwise : wellFormed(String(value));
    } catch {
      return otherwise;
    }
  }

  // The stack without the engine's own frames around the lambda's.
  function userStack(error) {
    const isUsers = (line) => OWN_FRAMES.every((own) => !line.includes(own));
    return read(error, 'stack', '').split('\n').filter(isUsers).join('\n').trimEnd();
  }

  // ---- what is made once ---------------------------------------------------------------------

  // QuickJS makes a built-in function when it is first looked at. Those that lambdas use most are
  // made here: an invocation that makes one writes to memory that it otherwise only reads.
  const { getOwnPropertyDescriptors } = Object;
  for (const owner of [Object, Array, String, Number, Promise, Date, RegExp, Map, Set, Error]) {
    getOwnPropertyDescriptors(owner);
    getOwnPropertyDescriptors(owner.prototype);
  }
  getOwnPropertyDescriptors(Math);
  getOwnPropertyDescriptors(JSON);

  return {
    // Before the source is evaluated: the environment, and the modules and globals that it names.
    prepare(environment, preload) {
      process.env = new Proxy(environment, environmentHandler);
      for (const name of preload) {
        try {
          if (name === 'globalThis.Intl') languages().prepare();
          if (name.startsWith('globalThis.')) void global[name.slice(11)];
          else if (name.startsWith('sandglass:')) host.namespace(name);
          else require(name);
        } catch {
          // It fails again, at the user's own line, when the source requires it.
        }
      }
    },

    // Who takes what no JavaScript catches.
    onUncaught(report) { uncaught = report; },

    // Who learns that `runTicks` has something to do.
    onTick(tell) { tellOfTick = tell; },
    runTicks,

    // Nothing is pending any more: `beforeExit` may start something, `exit` is the end.
    tellProcess(event) {
      process.emit(event, process.exitCode ?? 0);
      runTicks();
    },

    // What `module.exports` is after the source was evaluated.
    exported: () => userModule.exports,

    // An error as the host takes it. A crash is a mistake of the programmer's.
    describe(error) {
      if (error instanceof Error) {
        const name = read(error, 'name', 'Error');
        const crash = isCrash(error, name);
        return { crash, name, message: read(error, 'message', ''), stack: userStack(error) };
      }
      const message = wellFormed(text(error));
      log(WARN,
        'Received error in an incorrect format. Please provide an error object to the callback.',
        [{ originalFailure: error }]);
      return { crash: false, name: '', message, stack: '' };
    },
  };
})
