// `console.Console`, and those methods of the global console that are loaded when they are first called.
import { methods } from 'sandglass:console/methods';
import { formatWithOptions } from '__wasm_rquickjs_builtin/internal/util/inspect';
import {
  ERR_CONSOLE_WRITABLE_STREAM, ERR_INCOMPATIBLE_OPTION_PAIR, ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE,
} from '__wasm_rquickjs_builtin/internal/errors';
import { validateInteger, validateObject } from '__wasm_rquickjs_builtin/internal/validators';

const STEP = 2;
const STEP_MAX = 1000;
const COLORS = [undefined, 'auto', true, false];

// `log(kind, message, extras)` is the engine's.
export function globalMethods(log, indent) {
  let depth = 0;
  const rare = methods({
    print: (kind, [message, ...extras]) => log(kind, message, extras),
    shift(by) {
      depth = Math.max(0, depth + by);
      indent(' '.repeat(STEP * depth));
    },
    inspectOptions: () => ({}),
  });
  Object.defineProperty(globalThis.console, '_times', { value: rare.times, writable: true, configurable: true });
  return { ...rare, clear: () => clear(globalThis.console._stdout) };
}

function clear(stdout) {
  if (stdout.isTTY && globalThis.process.env.TERM !== 'dumb') stdout.write('\u001b[1;1H\u001b[0J');
}

const redirected = {};

// Has the global console write what belongs to `stdout` or `stderr` to a stream; without one it is logged again.
export function redirect(name, stream, divert) {
  redirected[name] = stream;
  const { stdout, stderr } = redirected;
  divert(stdout === undefined && stderr === undefined ? undefined : (isError, message, extras) => {
    const to = isError ? stderr : stdout;
    if (to !== undefined) writeLine(to, `${formatWithOptions({}, message, ...extras)}\n`, true);
    return to !== undefined;
  });
}

function settings(stdout, stderr, ignoreErrors) {
  if (stdout && typeof stdout.write !== 'function') return { ignoreErrors: true, ...stdout };
  return { stdout, stderr, ignoreErrors: ignoreErrors ?? true };
}

function checkedStreams({ stdout, stderr = stdout }) {
  if (!stdout || typeof stdout.write !== 'function') throw new ERR_CONSOLE_WRITABLE_STREAM('stdout');
  if (!stderr || typeof stderr.write !== 'function') throw new ERR_CONSOLE_WRITABLE_STREAM('stderr');
  return { stdout, stderr };
}

function checkedFormat({ colorMode: given, inspectOptions, groupIndentation = STEP }) {
  const colorMode = given === undefined ? 'auto' : given;
  validateInteger(groupIndentation, 'groupIndentation', 0, STEP_MAX);
  if (!COLORS.includes(colorMode)) {
    throw new ERR_INVALID_ARG_VALUE('colorMode', colorMode, "must be one of: 'auto', true, false");
  }
  if (inspectOptions !== undefined) {
    validateObject(inspectOptions, 'options.inspectOptions');
    if (inspectOptions.colors !== undefined && given !== undefined) {
      throw new ERR_INCOMPATIBLE_OPTION_PAIR('options.inspectOptions.color', 'colorMode');
    }
  }
  return { colorMode, inspectOptions, groupIndentation };
}

function writeLine(stream, line, ignoreErrors) {
  if (!ignoreErrors) {
    stream.write(line);
    return;
  }
  // It may fail at once or later.
  const ignore = () => {};
  try {
    if (stream.listenerCount?.('error') === 0) stream.once('error', ignore);
    stream.write(line, (error) => {
      if (error && !stream._writableState?.errorEmitted && stream.listenerCount('error') === 0) {
        stream.once('error', ignore);
      }
    });
  } catch (error) {
    if (error instanceof RangeError && /call stack/i.test(error.message)) throw error;
  } finally {
    stream.removeListener?.('error', ignore);
  }
}

function boundMethods(console, options) {
  const { stdout, stderr } = checkedStreams(options);
  const { colorMode, inspectOptions, groupIndentation } = checkedFormat(options);
  let indentation = '';

  function optionsFor(stream) {
    if (inspectOptions?.colors !== undefined) return inspectOptions;
    const auto = () => Boolean(stream.isTTY) && (stream.getColorDepth === undefined || stream.getColorDepth() > 2);
    return { ...inspectOptions, colors: colorMode === 'auto' ? auto() : colorMode };
  }
  function print(kind, args) {
    const stream = kind === 'log' ? stdout : stderr;
    const text = indentation + formatWithOptions(optionsFor(stream), ...args).replaceAll('\n', `\n${indentation}`);
    writeLine(stream, `${text}\n`, options.ignoreErrors);
  }
  const shift = (by) => {
    indentation = ' '.repeat(Math.max(0, indentation.length + by * groupIndentation));
  };
  Object.defineProperties(console, {
    _stdout: { value: stdout, writable: true, configurable: true },
    _stderr: { value: stderr, writable: true, configurable: true },
  });
  // What others are made of is looked up, so that it may be replaced.
  const shown = (kind, args) => console[kind === 'trace' ? 'error' : kind](...args);
  const { times: _times, ...own } = methods({ print: shown, shift, inspectOptions: () => optionsFor(stdout) });
  return {
    log(...args) { print('log', args); },
    warn(...args) { print('warn', args); },
    error(...args) { print('error', args); },
    clear: () => clear(stdout),
    debug(...args) { console.log(...args); },
    info(...args) { console.log(...args); },
    ...own,
  };
}

// As in Node.js: callable without `new`, its methods are the instance's own, and any console is one of it.
export function Console(stdout, stderr, ignoreErrors) {
  if (new.target === undefined) return Reflect.construct(Console, [stdout, stderr, ignoreErrors]);
  if (stdout === null || (stdout !== undefined && typeof stdout !== 'object' && typeof stdout !== 'function')) {
    throw new ERR_INVALID_ARG_TYPE('stdout', 'Object', stdout);
  }
  const options = settings(stdout, stderr, ignoreErrors);
  const proto = new.target.prototype;
  for (const [name, method] of Object.entries(boundMethods(this, options))) {
    const own = proto === Console.prototype ? undefined : proto[name];
    Object.defineProperty(this, name, {
      value: own?.bind(this) ?? method, writable: true, configurable: true, enumerable: true,
    });
  }
}
Object.defineProperty(Console, Symbol.hasInstance, {
  value: (value) => value === globalThis.console || Function.prototype[Symbol.hasInstance].call(Console, value),
});
Object.defineProperty(Console.prototype, Symbol.toStringTag, { value: 'console', configurable: true });
