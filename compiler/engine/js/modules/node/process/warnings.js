// How is a warning made and shown?
import { ERR_INVALID_ARG_TYPE } from '__wasm_rquickjs_builtin/internal/errors';
import { validateString } from '__wasm_rquickjs_builtin/internal/validators';

const { process } = globalThis;

function settings(type, code, ctor) {
  if (typeof type === 'object' && type !== null && !Array.isArray(type)) {
    const { detail } = type;
    return { type: type.type || 'Warning', code: type.code, ctor: type.ctor, detail };
  }
  if (typeof type === 'function') return { type: 'Warning', ctor: type };
  if (typeof code === 'function') return { type, ctor: code };
  return { type, code, ctor };
}

function made(message, { type, code, detail, ctor }) {
  const warning = new Error(message);
  warning.name = String(type || 'Warning');
  if (code !== undefined) warning.code = code;
  if (typeof detail === 'string') warning.detail = detail;
  Error.captureStackTrace?.(warning, ctor ?? process.emitWarning);
  return warning;
}

// A warning may have no way of its own to say what it is, or one that fails.
function described(warning) {
  try {
    return String(warning);
  } catch {
    return Error.prototype.toString.call(warning);
  }
}

// What is done with a warning besides telling the listeners.
function show(warning) {
  if (!(warning instanceof Error)) return;
  if (warning.name === 'DeprecationWarning' && process.noDeprecation) return;
  const code = warning.code ? `[${warning.code}] ` : '';
  const detail = typeof warning.detail === 'string' ? `\n${warning.detail}` : '';
  globalThis.console.warn(`${code}${described(warning)}${detail}`);
}

export function emitWarning(warning, type = undefined, code = undefined, ctor = undefined) {
  if (process.noDeprecation && type === 'DeprecationWarning') return;
  const options = settings(type, code, ctor);
  if (options.type !== undefined) validateString(options.type, 'type');
  if (options.code !== undefined) validateString(options.code, 'code');
  if (typeof warning !== 'string' && !(warning instanceof Error)) {
    throw new ERR_INVALID_ARG_TYPE('warning', ['Error', 'string'], warning);
  }
  const error = typeof warning === 'string' ? made(warning, options) : warning;
  if (error.name === 'DeprecationWarning') {
    if (process.noDeprecation) return;
    if (process.throwDeprecation) {
      process.nextTick(() => { throw error; });
      return;
    }
  }
  process.nextTick(() => {
    show(error);
    process.emit('warning', error);
  });
}
