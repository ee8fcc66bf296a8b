// What does every lambda find when it starts?
//
// Evaluated once, when the engine is built, so that all of this lies in every image: keep it small,
// and let nothing here remember an invocation. `host` is the object of natives in `src/host.rs`;
// no other code sees it. Everything heavier is a module of the library, loaded at its first use;
// what every invocation runs through is in `protocol.js`.
(function (host) {
  'use strict';

  const { parse, stringify } = JSON;
  const { defineProperty, setPrototypeOf } = Object;
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
      if (value instanceof Error) return `${value}\n${userFrames(value)}`.trimEnd();
      return typeof value === 'object' && value !== null ? json(value) : String(value);
    } catch {
      return '[a value that cannot be shown]';
    }
  }

  // Host strings are Unicode: half a surrogate pair becomes U+FFFD.
  const wellFormed = (string) => toWellFormed.call(string);

  // What takes lines instead of the log, once the lambda has asked for that: see `sandglass:console`.
  let diverted;
  const divert = (taker) => { diverted = taker; };

  function log(level, message, extras, isError) {
    if (diverted !== undefined && diverted(isError ?? level >= WARN, message, extras)) return;
    const rest = extras.length === 0 ? '[]' : `[${extras.map(json).join(',')}]`;
    host.log(level, wellFormed(text(message)), wellFormed(rest));
  }

  // What `console.group` moves to the right.
  let indentation = '';
  const indented = (message) => (
    indentation === '' ? message : indentation + text(message).replaceAll('\n', `\n${indentation}`)
  );

  global.console = {
    debug(message = '', ...extras) { log(DEBUG, indented(message), extras); },
    log(message = '', ...extras) { log(INFO, indented(message), extras); },
    info(message = '', ...extras) { log(INFO, indented(message), extras); },
    warn(message = '', ...extras) { log(WARN, indented(message), extras); },
    error(message = '', ...extras) { log(ERROR, indented(message), extras); },
    assert(...args) { if (!args[0]) rarely('assert', args); },
    count(...args) { rarely('count', args); },
    countReset(...args) { rarely('countReset', args); },
    dir(...args) { rarely('dir', args); },
    dirxml(...args) { rarely('dirxml', args); },
    group(...args) { rarely('group', args); },
    groupCollapsed(...args) { rarely('groupCollapsed', args); },
    groupEnd(...args) { rarely('groupEnd', args); },
    table(...args) { rarely('table', args); },
    time(...args) { rarely('time', args); },
    timeEnd(...args) { rarely('timeEnd', args); },
    timeLog(...args) { rarely('timeLog', args); },
    trace(...args) { rarely('trace', args); },
    profile() {},
    profileEnd() {},
    timeStamp() {},
    clear() { if (diverted !== undefined) rarely('clear', []); },
    context() { return global.console; },
  };
  defineProperty(global.console, Symbol.toStringTag, { value: 'console', configurable: true });
  defineProperty(global.console, 'Console', {
    get: () => host.namespace('sandglass:console').Console,
    set(value) { defineProperty(global.console, 'Console', { value, writable: true }); },
    configurable: true,
  });

  const { console } = global;
  const streams = {};
  for (const name of ['stdout', 'stderr']) {
    defineProperty(console, `_${name}`, {
      get: () => streams[name] ?? process[name],
      set(stream) {
        streams[name] = stream;
        host.namespace('sandglass:console').redirect(name, stream, divert);
      },
      configurable: true,
    });
  }

  // Those of the console's methods that are loaded when one is first called.
  const LEVELS = { trace: DEBUG, log: INFO, warn: ERROR };
  let rare;
  function rarely(name, args) {
    rare ??= host.namespace('sandglass:console').globalMethods(
      (kind, message, extras) => log(LEVELS[kind], indented(message), extras, kind !== 'log'),
      (indent) => { indentation = indent; },
    );
    return rare[name](...args);
  }

  // ---- time and chance -----------------------------------------------------------------------

  Math.random = function random() { return host.random(); };

  // Gives an object the rest of its properties when one of them is first touched, by a module that does so.
  function later(object, names, name) {
    let module;
    const rest = {};
    const load = () => { module ??= host.namespace(name); };
    for (const property of names) {
      defineProperty(rest, property, {
        get() {
          load();
          return object[property];
        },
        set(value) {
          load();
          object[property] = value;
        },
        configurable: true,
      });
    }
    setPrototypeOf(object, rest);
  }

  // The two clocks tell it to the millisecond only; asked again, it is what it was.
  let origin = 0;
  global.performance = {
    now: () => host.now(),
    get timeOrigin() {
      const told = Date.now() - host.now();
      if (Math.abs(told - origin) > 2) origin = told;
      return origin;
    },
  };
  later(global.performance, [
    'addEventListener', 'clearMarks', 'clearMeasures', 'clearResourceTimings', 'dispatchEvent', 'eventLoopUtilization',
    'getEntries', 'getEntriesByName', 'getEntriesByType', 'mark', 'markResourceTiming', 'measure', 'nodeTiming',
    'removeEventListener', 'setResourceTimingBufferSize', 'timerify', 'toJSON',
  ], 'perf_hooks');

  function needFunction(callback) {
    if (typeof callback === 'function') return;
    const { ERR_INVALID_ARG_TYPE } = host.namespace('__wasm_rquickjs_builtin/internal/errors');
    throw new ERR_INVALID_ARG_TYPE('callback', 'function', callback);
  }

  const DELAY_MAX = 2 ** 31 - 1;
  const ID = Symbol('asyncId');
  const REFERRED = Symbol('refed');

  function checkedDelay(delay) {
    const number = Number(delay);
    if (number > DELAY_MAX) {
      process.emitWarning(`${number} does not fit into a 32-bit signed integer.\nTimeout duration was set to 1.`,
        'TimeoutOverflowWarning');
    }
    return number >= 1 && number <= DELAY_MAX ? Math.trunc(number) : 1;
  }

  // As Node.js: an object that is also a number, can be unref'ed, and closes itself.
  class Timeout {
    constructor(callback, args, delay, repeat) {
      needFunction(callback);
      this._idleTimeout = delay;
      this._onTimeout = callback;
      this._timerArgs = args;
      this._repeat = repeat;
      this[REFERRED] = true;
      start(this);
    }
    ref() { return refer(this, true); }
    unref() { return refer(this, false); }
    hasRef() { return this[REFERRED]; }
    refresh() {
      host.stopTimer(this[ID]);
      start(this);
      return this;
    }
    close() {
      stop(this);
      return this;
    }
    [Symbol.toPrimitive]() { return this[ID]; }
    [Symbol.dispose]() { stop(this); }
  }

  // Runs as soon as what runs now is over.
  class Immediate {
    constructor(callback, args) {
      needFunction(callback);
      this._idleTimeout = 0;
      this._onImmediate = callback;
      this._timerArgs = args;
      this[REFERRED] = true;
      start(this);
    }
    ref() { return refer(this, true); }
    unref() { return refer(this, false); }
    hasRef() { return this[REFERRED]; }
    [Symbol.dispose]() { stop(this); }
  }

  function start(timer) {
    const repeat = typeof timer._repeat === 'number';
    timer._destroyed = false;
    timer[ID] = host.startTimer(() => {
      const callback = timer._onTimeout ?? timer._onImmediate;
      if (!repeat) timer._destroyed = true;
      if (typeof callback === 'function') Reflect.apply(callback, timer, timer._timerArgs);
      // As in Node.js it may have been stopped, or made to repeat, by its properties.
      if (timer._idleTimeout === -1 || typeof callback !== 'function') host.stopTimer(timer[ID]);
      else if (!repeat && typeof timer._repeat === 'number') start(timer);
      if (ticks.length > 0) runTicks();
    }, timer._idleTimeout, repeat, timer[REFERRED]);
  }

  function refer(timer, isReferred) {
    timer[REFERRED] = isReferred;
    if (typeof timer[ID] === 'number') host.referTimer(timer[ID], isReferred);
    return timer;
  }

  function stop(timer) {
    if (timer instanceof Timeout || timer instanceof Immediate) {
      host.stopTimer(timer[ID]);
      timer._destroyed = true;
      timer._repeat = null;
      timer._idleTimeout = -1;
    } else if (typeof timer === 'number' || typeof timer === 'string') {
      host.stopTimer(Number(timer) || 0);
    }
  }

  global.setTimeout = function setTimeout(callback, delay, ...args) {
    return new Timeout(callback, args, checkedDelay(delay), null);
  };
  global.setInterval = function setInterval(callback, delay, ...args) {
    const checked = checkedDelay(delay);
    return new Timeout(callback, args, checked, checked);
  };
  global.setImmediate = function setImmediate(callback, ...args) {
    return new Immediate(callback, args);
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

  // What `process.nextTick` was given, and the context that each belongs to. It runs when the lambda's function,
  // or that of a timer, has returned, before promise jobs; what one of these gave runs after all of them.
  const ticks = [];
  let tellOfTick;

  function runTicks() {
    const outer = host.asyncContext();
    let context = outer;
    for (let tick = ticks.shift(); tick !== undefined; tick = ticks.shift()) {
      if (tick.context !== context) {
        context = tick.context;
        host.setAsyncContext(context);
      }
      try {
        Reflect.apply(tick.callback, undefined, tick.args);
      } catch (error) {
        uncaught(error);
      }
    }
    if (context !== outer) host.setAsyncContext(outer);
  }

  function nextTick(callback, ...args) {
    needFunction(callback);
    if (ticks.length === 0) host.tick();
    ticks.push({ callback, args, context: host.asyncContext() });
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
  lazy('URLPattern', 'sandglass:url_pattern');
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
  lazy('Performance', 'perf_hooks');
  lazy('PerformanceEntry', 'perf_hooks');
  lazy('PerformanceMark', 'perf_hooks');
  lazy('PerformanceMeasure', 'perf_hooks');
  lazy('PerformanceObserver', 'perf_hooks');
  lazy('PerformanceObserverEntryList', 'perf_hooks');
  lazy('PerformanceResourceTiming', 'sandglass:perf/resources');
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
    cwd: function cwd() { return '/'; },
    uptime: () => host.now() / 1000,
    hrtime: Object.assign(
      (since = [0, 0]) => {
        const nanos = BigInt(Math.round(host.now() * 1e6)) - (BigInt(since[0]) * 1000000000n + BigInt(since[1]));
        return [Number(nanos / 1000000000n), Number(nanos % 1000000000n)];
      },
      { bigint: () => BigInt(Math.round(host.now() * 1e6)) },
    ),
    nextTick,
  };

  // What else Node's process has is given to it by a module, when any of it is first touched.
  const LATER = [
    'addListener', 'emit', 'eventNames', 'getMaxListeners', 'listenerCount', 'listeners', 'off', 'on', 'once',
    'prependListener', 'prependOnceListener', 'rawListeners', 'removeAllListeners', 'removeListener', 'setMaxListeners',
    'abort', 'allowedNodeEnvironmentFlags', 'argv0', 'assert', 'availableMemory', 'binding', 'chdir', 'config',
    'constrainedMemory', 'cpuUsage', 'emitWarning', 'execArgv', 'execPath', 'exit', 'exitCode', 'features',
    'getActiveResourcesInfo', 'getBuiltinModule', 'getegid', 'geteuid', 'getgid', 'getgroups', 'getuid',
    'hasUncaughtExceptionCaptureCallback', 'kill', 'memoryUsage', 'moduleLoadList', 'ppid', 'reallyExit', 'report',
    'resourceUsage', 'setSourceMapsEnabled', 'setUncaughtExceptionCaptureCallback', 'stderr', 'stdin', 'stdout',
    'umask',
  ];
  later(process, LATER, 'process');
  global.process = process;

  // What that module takes for itself, whoever loads it: a way past what takes the lines, and a place for `isTaken`.
  const inside = {
    divert,
    log(level, line) {
      const outer = diverted;
      diverted = undefined;
      log(level, line, []);
      diverted = outer;
    },
    isTaken: (_error, _promise, isLate) => isLate === true,
  };
  defineProperty(process, Symbol.for('sandglass.inside'), { value: inside, configurable: true });

  // As Node.js: whatever is written to the environment becomes a string.
  const isWhole = (descriptor) => 'value' in descriptor
    && descriptor.configurable === true && descriptor.writable === true && descriptor.enumerable === true;
  const environmentHandler = {
    set(env, name, value) {
      if (typeof name === 'symbol') throw new TypeError('Cannot convert a Symbol value to a string');
      return Reflect.set(env, name, typeof value === 'string' ? value : `${value}`);
    },
    defineProperty(env, name, descriptor) {
      if (!isWhole(descriptor)) {
        const { ERR_INVALID_OBJECT_DEFINE_PROPERTY } = host.namespace('__wasm_rquickjs_builtin/internal/errors');
        const what = 'get' in descriptor || 'set' in descriptor
          ? 'does not accept an accessor(getter/setter) descriptor'
          : 'only accepts a configurable, writable, and enumerable data descriptor';
        throw new ERR_INVALID_OBJECT_DEFINE_PROPERTY(`'process.env' ${what}`);
      }
      return Reflect.defineProperty(env, name, { ...descriptor, value: `${descriptor.value}` });
    },
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

  // The frames of a stack, without the engine's own around the lambda's. Name and message go to the host apart.
  function userFrames(error) {
    const isUsers = (line) => /^\s*at /.test(line) && OWN_FRAMES.every((own) => !line.includes(own));
    return read(error, 'stack', '').split('\n').filter(isUsers).join('\n');
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

    // Whether the lambda listens to what no JavaScript caught: an exception, a rejection (which has a promise),
    // or one that was handled late. What a listener throws is thrown.
    isTaken: (error, promise, isLate) => inside.isTaken(error, promise, isLate),

    // Who takes what no JavaScript catches.
    onUncaught(report) { uncaught = report; },

    // Who learns that `runTicks` has something to do.
    onTick(tell) { tellOfTick = tell; },
    runTicks,

    // What `module.exports` is after the source was evaluated.
    exported: () => userModule.exports,

    // An error as the host takes it. A crash is a mistake of the programmer's.
    describe(error) {
      if (error instanceof Error) {
        const name = read(error, 'name', 'Error');
        const crash = isCrash(error, name);
        return { crash, name, message: read(error, 'message', ''), stack: userFrames(error) };
      }
      const message = wellFormed(text(error));
      log(WARN,
        'Received error in an incorrect format. Please provide an error object to the callback.',
        [{ originalFailure: error }]);
      return { crash: false, name: '', message, stack: '' };
    },
  };
})
