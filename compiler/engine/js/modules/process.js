// `require('process')`, and what the global one is given when somebody asks it for more than `env` and the clock.
//
// The prelude makes the object; here it becomes an emitter of events and learns the rest of Node.js's. It
// hears of what no JavaScript caught, and of the end.
import EventEmitter from 'events';
import {
  activeTimers, endInvocation, memoryUsage as memoryInUse, namespace, onEnd,
} from 'sandglass:native';
import {
  ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE, ERR_UNCAUGHT_EXCEPTION_CAPTURE_ALREADY_SET, ERR_UNHANDLED_REJECTION,
  ERR_UNKNOWN_SIGNAL, ERR_WORKER_UNSUPPORTED_OPERATION,
} from '__wasm_rquickjs_builtin/internal/errors';
import { emitWarning } from 'sandglass:process/warnings';

const { process } = globalThis;
const rest = Object.getPrototypeOf(process);
const { uptime, nextTick } = process;
const INSIDE = Symbol.for('sandglass.inside');
const inside = process[INSIDE];
delete process[INSIDE];

// ---- what happened and nobody caught ---------------------------------------------------------------

// Rejections that listeners, or nobody, were told of.
const reported = new WeakSet();
let capture = null;

function emitUncaught(error, origin) {
  process.emit('uncaughtExceptionMonitor', error, origin);
  if (capture !== null) {
    capture(error);
    return true;
  }
  return process.emit('uncaughtException', error, origin);
}

function isErrorLike(value) {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'stack');
}

// Whether listeners took an exception, a rejection (which has a promise), or one that was handled late.
inside.isTaken = (error, promise, isLate) => {
  if (promise === undefined) return emitUncaught(error, 'uncaughtException');
  if (isLate) {
    if (reported.delete(promise)) process.emit('rejectionHandled', promise);
    return true;
  }
  reported.add(promise);
  if (process.emit('unhandledRejection', error, promise)) return true;
  return emitUncaught(isErrorLike(error) ? error : new ERR_UNHANDLED_REJECTION(error), 'unhandledRejection');
};

// ---- the end ---------------------------------------------------------------------------------------

let exitCode;
let isExiting = false;

function checkedCode(code) {
  if (code === undefined || code === null) return code;
  const number = typeof code === 'string' && code.trim() !== '' ? Number(code) : code;
  if (typeof number !== 'number' || Number.isNaN(number)) throw new ERR_INVALID_ARG_TYPE('code', 'integer', code);
  if (!Number.isInteger(number)) throw new ERR_OUT_OF_RANGE('code', 'an integer', code);
  return code;
}

function emitExit() {
  if (isExiting) return;
  isExiting = true;
  process.emit('exit', Number(exitCode ?? 0));
}

onEnd((event) => {
  if (event === 'exit') emitExit();
  else process.emit(event, Number(exitCode ?? 0));
});

function exit(code) {
  if (code !== undefined) process.exitCode = code;
  emitExit();
  endInvocation(`process.exit(${exitCode ?? ''}) was called before the lambda settled`);
}

// ---- what it tells ---------------------------------------------------------------------------------

function hrtime(since) {
  if (since !== undefined) {
    if (!Array.isArray(since)) throw new ERR_INVALID_ARG_TYPE('time', 'Array', since);
    if (since.length !== 2) throw new ERR_OUT_OF_RANGE('time', 2, since.length);
  }
  const [seconds, nanos] = since ?? [0, 0];
  const passed = hrtime.bigint() - (BigInt(seconds) * 1_000_000_000n + BigInt(nanos));
  const whole = passed / 1_000_000_000n;
  const rest = passed % 1_000_000_000n;
  return rest < 0n ? [Number(whole) - 1, Number(rest) + 1e9] : [Number(whole), Number(rest)];
}
hrtime.bigint = process.hrtime.bigint;

function memoryUsage() {
  const [memory, used] = memoryInUse();
  return { rss: memory, heapTotal: memory, heapUsed: used, external: 0, arrayBuffers: 0 };
}
memoryUsage.rss = () => memoryInUse()[0];

function checkedUsage(previous) {
  if (typeof previous !== 'object' || previous === null) throw new ERR_INVALID_ARG_TYPE('prevValue', 'object', previous);
  for (const name of ['user', 'system']) {
    const value = previous[name];
    if (typeof value !== 'number') throw new ERR_INVALID_ARG_TYPE(`prevValue.${name}`, 'number', value);
    if (value < 0 || value > Number.MAX_SAFE_INTEGER) {
      const { ERR_INVALID_ARG_VALUE } = namespace('__wasm_rquickjs_builtin/internal/errors');
      throw new ERR_INVALID_ARG_VALUE.RangeError(`prevValue.${name}`, value);
    }
  }
  return previous;
}

// One processor, which does nothing else: what has passed is what was used.
function cpuUsage(previous = undefined) {
  const { user, system } = previous ? checkedUsage(previous) : { user: 0, system: 0 };
  return { user: Math.round(globalThis.performance.now() * 1000) - user, system: 0 - system };
}

function resourceUsage() {
  const counts = [
    'fsRead', 'fsWrite', 'involuntaryContextSwitches', 'ipcReceived', 'ipcSent', 'majorPageFault', 'minorPageFault',
    'sharedMemorySize', 'signalsCount', 'swappedOut', 'unsharedDataSize', 'unsharedStackSize', 'voluntaryContextSwitches',
  ].map((name) => [name, 0]);
  const { user, system } = cpuUsage();
  const used = { userCPUTime: user, systemCPUTime: system, maxRSS: Math.round(memoryInUse()[0] / 1024) };
  return { ...used, ...Object.fromEntries(counts) };
}

function refuse(what) {
  return () => { throw new ERR_WORKER_UNSUPPORTED_OPERATION(what); };
}

function kill(pid, signal = 'SIGTERM') {
  // eslint-disable-next-line eqeqeq -- as Node.js
  if (pid != (pid | 0)) throw new ERR_INVALID_ARG_TYPE('pid', 'number', pid);
  const { signals } = namespace('os').constants;
  if (typeof signal !== 'number' && signals[signal] === undefined) throw new ERR_UNKNOWN_SIGNAL(signal);
  throw Object.assign(new Error('kill ESRCH'), { errno: -3, code: 'ESRCH', syscall: 'kill' });
}

let creationMask = 0o22;
function umask(mask) {
  const old = creationMask;
  if (mask !== undefined) {
    const { validateString } = namespace('__wasm_rquickjs_builtin/internal/validators');
    if (typeof mask !== 'number') validateString(mask, 'mask');
    const bits = typeof mask === 'string' ? parseMask(mask) : mask;
    if (!Number.isInteger(bits) || bits < 0 || bits > 2 ** 32 - 1) {
      throw new ERR_OUT_OF_RANGE('mask', '>= 0 && <= 4294967295', mask);
    }
    creationMask = bits & 0o777;
  }
  return old;
}

function parseMask(text) {
  if (/^[0-7]+$/.test(text)) return parseInt(text, 8);
  const { ERR_INVALID_ARG_VALUE } = namespace('__wasm_rquickjs_builtin/internal/errors');
  throw new ERR_INVALID_ARG_VALUE('mask', text, 'must be a 32-bit unsigned integer or an octal string');
}

const INFO = 1, ERROR = 3;

// Standard streams, whose lines go to the log. Once one is written otherwise, the console does so, too.
function standardStream(fd, name, level) {
  const { Writable } = namespace('stream').default;
  let line = '';
  const stream = new Writable({
    decodeStrings: false,
    write(chunk, encoding, done) {
      const lines = (line + (typeof chunk === 'string' ? chunk : chunk.toString())).split('\n');
      line = lines.pop();
      for (const text of lines) inside.log(level, text);
      done();
    },
  });
  process.on('exit', () => {
    if (line !== '') inside.log(level, line);
  });
  let { write } = stream;
  const own = write;
  Object.defineProperty(stream, 'write', {
    get: () => write,
    set(replacement) {
      write = replacement;
      namespace('sandglass:console').redirect(name, write === own ? undefined : stream, inside.divert);
    },
    configurable: true,
  });
  return Object.assign(stream, { fd, _type: 'pipe' });
}

const streams = new Map();
function stream(fd, make) {
  if (!streams.has(fd)) streams.set(fd, make());
  return streams.get(fd);
}

function emptyInput() {
  const { Readable } = namespace('stream').default;
  return Object.assign(Readable.from([]), { fd: 0 });
}

let isAssertWarned = false;
function warnOfAssert() {
  if (isAssertWarned) return;
  isAssertWarned = true;
  const message = 'process.assert() is deprecated. Please use the `assert` module instead.';
  process.emitWarning(message, 'DeprecationWarning', 'DEP0100');
}

// ---- all of it -------------------------------------------------------------------------------------

const methods = {
  _getActiveHandles: () => [],
  _getActiveRequests: () => [],
  _tickCallback() {},
  abort() { endInvocation('process.abort() was called'); },
  assert(value, message = 'assertion error') {
    warnOfAssert();
    if (!value) throw Object.assign(new Error(message), { code: 'ERR_ASSERTION' });
  },
  availableMemory: () => memoryInUse()[0],
  binding: refuse('process.binding()'),
  chdir: refuse('process.chdir()'),
  constrainedMemory: () => memoryInUse()[0],
  cpuUsage,
  emitWarning,
  exit,
  getActiveResourcesInfo() {
    const [timeouts, immediates] = activeTimers();
    return [...Array(timeouts).fill('Timeout'), ...Array(immediates).fill('Immediate')];
  },
  getBuiltinModule(id) {
    try {
      return globalThis.require(id);
    } catch (error) {
      if (error.code === 'MODULE_NOT_FOUND') return undefined;
      throw error;
    }
  },
  getegid: () => 1000,
  geteuid: () => 1000,
  getgid: () => 1000,
  getgroups: () => [1000],
  getuid: () => 1000,
  hasUncaughtExceptionCaptureCallback: () => capture !== null,
  hrtime,
  kill,
  memoryUsage,
  nextTick,
  reallyExit: exit,
  resourceUsage,
  setSourceMapsEnabled(value) {
    if (typeof value !== 'boolean') throw new ERR_INVALID_ARG_TYPE('val', 'boolean', value);
  },
  setUncaughtExceptionCaptureCallback(callback) {
    if (callback !== null && typeof callback !== 'function') {
      throw new ERR_INVALID_ARG_TYPE('fn', ['Function', 'null'], callback);
    }
    if (callback !== null && capture !== null) throw new ERR_UNCAUGHT_EXCEPTION_CAPTURE_ALREADY_SET();
    capture = callback;
  },
  umask,
  uptime,
};

const values = {
  allowedNodeEnvironmentFlags: new Set(),
  argv0: 'node',
  config: Object.freeze({ target_defaults: Object.freeze({}), variables: Object.freeze({}) }),
  debugPort: 9229,
  domain: null,
  execArgv: [],
  execPath: '/usr/bin/node',
  features: {
    inspector: false, debug: false, uv: false, ipv6: true, tls_alpn: true, tls_sni: true, tls_ocsp: true, tls: true,
    cached_builtins: true, require_module: false,
  },
  moduleLoadList: [],
  ppid: 0,
  report: undefined,
  sourceMapsEnabled: true,
};

for (const [name, value] of Object.entries({ ...methods, ...values })) {
  Object.defineProperty(process, name, { value, writable: true, enumerable: true, configurable: true });
}
Object.defineProperties(process, {
  exitCode: {
    get: () => exitCode,
    set: (code) => { exitCode = checkedCode(code); },
    enumerable: true,
    configurable: false,
  },
  _exiting: { get: () => isExiting, set: (value) => { isExiting = value; }, enumerable: true, configurable: true },
  stdin: { get: () => stream(0, emptyInput), enumerable: true, configurable: true },
  stdout: { get: () => stream(1, () => standardStream(1, 'stdout', INFO)), enumerable: true, configurable: true },
  stderr: { get: () => stream(2, () => standardStream(2, 'stderr', ERROR)), enumerable: true, configurable: true },
  [Symbol.toStringTag]: { value: 'process', configurable: true },
});

// The prototype that the prelude gave it only knew what to load.
const named = { process: function () { throw new TypeError('Illegal constructor'); } };
const prototype = Object.create(EventEmitter.prototype, {
  constructor: { value: named.process, writable: true, configurable: true },
});
named.process.prototype = prototype;
if (Object.getPrototypeOf(process) === rest) Object.setPrototypeOf(process, prototype);
EventEmitter.call(process);

export const { arch, argv, argv0, cwd, env, pid, platform, release, title, version, versions, off, on, once, emit } = process;
export { emitWarning, exit, hrtime, memoryUsage, nextTick, uptime };
export default process;
