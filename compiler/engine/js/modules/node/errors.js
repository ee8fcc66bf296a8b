// Node.js's coded errors, as far as the modules of the library throw them.
//
// Takes the place of the crate's own file, which also rebuilds V8's stack traces and by that changes
// every `Error` of the lambda.
import { namespace } from 'sandglass:native';

const TYPES = ['string', 'function', 'number', 'object', 'Function', 'Object', 'boolean', 'bigint', 'symbol'];

// Names a value in a message. Only what is not a primitive needs the whole of `inspect`.
function show(value) {
  switch (typeof value) {
    case 'string':
      if (/^[^\u0000-\u001f'\\\u007f-\u009f\ud800-\udfff]*$/.test(value)) return `'${value}'`;
      return namespace('__wasm_rquickjs_builtin/internal/util/inspect').inspect(value);
    case 'bigint': return `${value}n`;
    case 'object': case 'function':
      if (value !== null) {
        return namespace('__wasm_rquickjs_builtin/internal/util/inspect').inspect(value);
      }
  }
  return String(value);
}

function list(words) {
  if (words.length < 3) return words.join(' or ');
  return `${words.slice(0, -1).join(', ')}, or ${words.at(-1)}`;
}

function received(value) {
  if (value === null || value === undefined) return ` Received ${value}`;
  if (typeof value === 'function') return ` Received function ${value.name}`;
  if (typeof value === 'object') {
    const name = value.constructor?.name;
    return name ? ` Received an instance of ${name}` : ` Received ${show(value)}`;
  }
  const shown = show(value);
  return ` Received type ${typeof value} (${shown.length > 28 ? `${shown.slice(0, 25)}...` : shown})`;
}

function what(name) {
  if (name.endsWith(' argument')) return `The ${name}`;
  return `The "${name}" ${name.includes('.') ? 'property' : 'argument'}`;
}

function invalidType(name, expected, value) {
  const all = [expected].flat();
  const types = all.filter((type) => TYPES.includes(type)).map((type) => type.toLowerCase());
  const classes = all.filter((type) => !TYPES.includes(type) && /^[A-Z][a-zA-Z0-9]*$/.test(type));
  const others = all.filter((type) => !TYPES.includes(type) && !classes.includes(type));
  const parts = [];
  if (types.length > 0) parts.push(`${types.length > 1 ? 'one of type' : 'of type'} ${list(types)}`);
  if (classes.length > 0) parts.push(`an instance of ${list(classes)}`);
  if (others.length > 1) parts.push(`one of ${list(others)}`);
  if (others.length === 1) parts.push(/[A-Z]/.test(others[0]) ? `an ${others[0]}` : others[0]);
  return `${what(name)} must be ${parts.join(' or ')}.${received(value)}`;
}

function invalidValue(name, value, reason = 'is invalid') {
  return `The ${name.includes('.') ? 'property' : 'argument'} '${name}' ${reason}. Received ${show(value)}`;
}

function grouped(digits) {
  return digits.replace(/\B(?=(\d{3})+(?!\d))/g, '_');
}

function outOfRange(name, range, value, isMessage = false) {
  const large = typeof value === 'bigint' || (Number.isInteger(value) && Math.abs(value) > 2 ** 32);
  const shown = large ? grouped(show(value)) : show(value);
  const start = isMessage ? name : `The value of "${name}" is out of range.`;
  return `${start} It must be ${range}. Received ${shown}`;
}

function missing(...names) {
  const shown = names.map((name) => [name].flat().map((one) => `"${one}"`).join(' or '));
  const end = shown.length === 1 ? 'argument' : 'arguments';
  const all = shown.length < 3 ? shown.join(' and ') : `${shown.slice(0, -1).join(', ')}, and ${shown.at(-1)}`;
  return `The ${all} ${end} must be specified`;
}

// As in Node.js what it makes is a plain error of its kind, with or without `new`.
export function coded(code, Base, message) {
  return function NodeError(...args) {
    const error = new Base(message(...args));
    Object.defineProperty(error, 'toString', {
      value() { return `${this.name} [${code}]: ${this.message}`; },
      writable: true,
      configurable: true,
    });
    // The stack says it with the code, which the name does not: it is taken while the name does.
    Object.defineProperty(error, 'name', { value: `${error.name} [${code}]`, configurable: true });
    void error.stack;
    delete error.name;
    error.code = code;
    return error;
  };
}

export const ERR_INVALID_ARG_TYPE = coded('ERR_INVALID_ARG_TYPE', TypeError, invalidType);
ERR_INVALID_ARG_TYPE.RangeError = coded('ERR_INVALID_ARG_TYPE', RangeError, invalidType);
export const ERR_INVALID_ARG_VALUE = coded('ERR_INVALID_ARG_VALUE', TypeError, invalidValue);
ERR_INVALID_ARG_VALUE.RangeError = coded('ERR_INVALID_ARG_VALUE', RangeError, invalidValue);
export const ERR_OUT_OF_RANGE = coded('ERR_OUT_OF_RANGE', RangeError, outOfRange);
export const ERR_ASYNC_CALLBACK = coded('ERR_ASYNC_CALLBACK', TypeError, (name) => `${name} must be a function`);
export const ERR_CONSOLE_WRITABLE_STREAM = coded('ERR_CONSOLE_WRITABLE_STREAM', TypeError,
  (name) => `Console expects a writable stream instance for ${name}`);
export const ERR_INCOMPATIBLE_OPTION_PAIR = coded('ERR_INCOMPATIBLE_OPTION_PAIR', TypeError,
  (one, other) => `Option "${one}" cannot be used in combination with option "${other}"`);
export const ERR_INVALID_OBJECT_DEFINE_PROPERTY = coded('ERR_INVALID_OBJECT_DEFINE_PROPERTY', TypeError, (text) => text);
export const ERR_INVALID_ASYNC_ID = coded('ERR_INVALID_ASYNC_ID', RangeError,
  (name, value) => `Invalid ${name} value: ${value}`);
export const ERR_UNCAUGHT_EXCEPTION_CAPTURE_ALREADY_SET = coded('ERR_UNCAUGHT_EXCEPTION_CAPTURE_ALREADY_SET', Error,
  () => '`process.setupUncaughtExceptionCapture()` was called while a capture callback was already active');
class UnhandledPromiseRejection extends Error {}
UnhandledPromiseRejection.prototype.name = 'UnhandledPromiseRejection';
const unhandledRejection = coded('ERR_UNHANDLED_REJECTION', UnhandledPromiseRejection, (reason) => (
  'This error originated either by throwing inside of an async function without a catch block, or by rejecting a '
  + `promise which was not handled with .catch(). The promise rejected with the reason "${
    typeof reason === 'string' ? reason : show(reason)}".`));
export function ERR_UNHANDLED_REJECTION(reason) {
  const error = unhandledRejection(reason);
  delete error.toString;
  return error;
}
export const ERR_UNKNOWN_SIGNAL = coded('ERR_UNKNOWN_SIGNAL', TypeError, (signal) => `Unknown signal: ${signal}`);
export const ERR_WORKER_UNSUPPORTED_OPERATION = coded('ERR_WORKER_UNSUPPORTED_OPERATION', TypeError,
  (what) => `${what} is not supported in workers`);
export const ERR_MISSING_ARGS = coded('ERR_MISSING_ARGS', TypeError, missing);
export const ERR_INVALID_THIS = coded('ERR_INVALID_THIS', TypeError,
  (type) => `Value of "this" must be of type ${type}`);
export const ERR_INVALID_CALLBACK = coded('ERR_INVALID_CALLBACK', TypeError,
  (value) => `Callback must be a function. Received ${show(value)}`);
export const ERR_INVALID_RETURN_VALUE = coded('ERR_INVALID_RETURN_VALUE', TypeError,
  (input, name, value) =>
    `Expected ${input} to be returned from the "${name}" function but got${received(value).slice(9)}.`);
export const ERR_UNKNOWN_ENCODING = coded('ERR_UNKNOWN_ENCODING', TypeError,
  (name) => `Unknown encoding: ${typeof name === 'string' ? name : show(name)}`);
export const ERR_BUFFER_OUT_OF_BOUNDS = coded('ERR_BUFFER_OUT_OF_BOUNDS', RangeError,
  (name) => (name ? `"${name}" is outside of buffer bounds` : 'Attempt to access memory outside buffer bounds'));
export const ERR_STRING_TOO_LONG = coded('ERR_STRING_TOO_LONG', Error,
  (most) => `Cannot create a string longer than 0x${Math.floor(most).toString(16)} characters`);
export const ERR_SOCKET_BAD_PORT = coded('ERR_SOCKET_BAD_PORT', RangeError,
  (name, port, zero = true) => `${name} should be ${zero ? '>=' : '>'} 0 and < 65536. Received ${port}.`);
export const ERR_ENCODING_NOT_SUPPORTED = coded('ERR_ENCODING_NOT_SUPPORTED', RangeError,
  (name) => `The "${name}" encoding is not supported`);
export const ERR_ENCODING_INVALID_ENCODED_DATA = coded('ERR_ENCODING_INVALID_ENCODED_DATA', TypeError,
  (name) => `The encoded data was not valid for encoding ${name}`);
export const ERR_CRYPTO_HASH_FINALIZED = coded('ERR_CRYPTO_HASH_FINALIZED', Error,
  () => 'Digest already called');
export const ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH = coded('ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH', RangeError,
  () => 'Input buffers must have the same byte length');

export function hideStackFrames(validate) {
  return validate;
}

export function isErrorStackTraceLimitWritable() {
  return false;
}
