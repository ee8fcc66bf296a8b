// The global `structuredClone`, by the HTML standard's structured serialization.
import { namespace } from 'sandglass:native';
import { domException } from 'sandglass:dom_exception';

const { keys, getPrototypeOf, hasOwn, prototype: plain } = Object;
const { toString } = plain;
const { isArray } = Array;
const ERRORS = { EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };
// What the language has and cannot be cloned.
const CLOSED = new Set(['WeakMap', 'WeakSet', 'WeakRef', 'FinalizationRegistry', 'Promise', 'Symbol', 'Generator', 'AsyncGenerator']);

function refuse(value) {
  let shown;
  try {
    shown = typeof value === 'object' ? `#<${value.constructor.name}>` : String(value);
  } catch {
    shown = 'The object';
  }
  return domException(`${shown} could not be cloned.`, 'DataCloneError');
}

// Whether `read`, a function that only takes objects with a certain inside, takes this one.
function takes(read, value) {
  try {
    read.call(value);
    return true;
  } catch {
    return false;
  }
}

function getter(type, name) {
  return Object.getOwnPropertyDescriptor(type.prototype, name).get;
}

// What each class of the language can be told by, whatever an object says that it is.
const INSIDES = [
  ['Date', Date.prototype.getTime], ['Map', getter(Map, 'size')], ['Set', getter(Set, 'size')],
  ['ArrayBuffer', getter(ArrayBuffer, 'byteLength')], ['Boolean', Boolean.prototype.valueOf],
  ['Number', Number.prototype.valueOf], ['String', String.prototype.valueOf], ['BigInt', BigInt.prototype.valueOf],
  ['Symbol', Symbol.prototype.valueOf],
];

function classOf(value) {
  const named = toString.call(value).slice(8, -1);
  if (named === 'Error' || named === 'RegExp' || CLOSED.has(named)) return named;
  if (named !== 'Object' || hasOwn(value, Symbol.toStringTag)) {
    return INSIDES.find(([, read]) => takes(read, value))?.[0] ?? named;
  }
  return named;
}

function define(object, name, value) {
  Object.defineProperty(object, name, { value, writable: true, configurable: true });
}

function cloneError(error, copy, remember) {
  const Type = hasOwn(ERRORS, error.name) ? ERRORS[error.name] : Error;
  const made = remember(new Type());
  for (const name of ['stack', 'message']) {
    const value = error[name];
    if (value !== undefined) define(made, name, String(value));
  }
  if (hasOwn(error, 'cause')) define(made, 'cause', copy(error.cause));
  return made;
}

function cloneBuffer(buffer) {
  if (buffer.detached) throw domException('An ArrayBuffer is detached and could not be cloned.', 'DataCloneError');
  if (!buffer.resizable) return buffer.slice(0);
  const clone = new ArrayBuffer(buffer.byteLength, { maxByteLength: buffer.maxByteLength });
  new Uint8Array(clone).set(new Uint8Array(buffer));
  return clone;
}

const typeOfView = getter(getPrototypeOf(Uint8Array), Symbol.toStringTag);

function cloneView(view, copy) {
  const buffer = copy(view.buffer);
  const name = typeOfView.call(view);
  if (name === undefined) return new DataView(buffer, view.byteOffset, view.byteLength);
  return new globalThis[name](buffer, view.byteOffset, view.length);
}

function copyProperties(value, clone, copy) {
  for (const key of keys(value)) {
    const own = value[key];
    // What ran to read a property may have removed another.
    if (own === undefined && !hasOwn(value, key)) continue;
    const item = typeof own === 'object' || typeof own === 'function' || typeof own === 'symbol' ? copy(own) : own;
    if (key === '__proto__') Object.defineProperty(clone, key, { value: item, writable: true, enumerable: true, configurable: true });
    else clone[key] = item;
  }
  return clone;
}

// Objects of the web that can be cloned; nothing for all others.
function clonePlatformObject(value) {
  const blobs = value?.[Symbol.toStringTag];
  if (blobs === 'Blob' || blobs === 'File') {
    const { Blob, File } = namespace('sandglass:blob');
    if (value instanceof File) return new File([value], value.name, { type: value.type, lastModified: value.lastModified });
    if (value instanceof Blob) return value.slice(0, value.size, value.type);
  }
  if (blobs === 'DOMException') return domException(value.message, value.name);
  return undefined;
}

// Objects that hold others are remembered before these are copied, so that cycles end.
function cloneObject(value, seen, copy) {
  const remember = (clone) => {
    seen.set(value, clone);
    return clone;
  };
  if (isArray(value)) return copyProperties(value, remember(new Array(value.length)), copy);
  const isPlain = getPrototypeOf(value) === plain && toString.call(value) === '[object Object]';
  if (isPlain) return copyProperties(value, remember({}), copy);
  if (ArrayBuffer.isView(value)) return remember(cloneView(value, copy));
  const named = classOf(value);
  switch (named) {
    case 'Boolean': return remember(Object(Boolean.prototype.valueOf.call(value)));
    case 'Number': return remember(Object(Number.prototype.valueOf.call(value)));
    case 'String': return remember(Object(String.prototype.valueOf.call(value)));
    case 'BigInt': return remember(Object(BigInt.prototype.valueOf.call(value)));
    case 'Date': return remember(new Date(Date.prototype.getTime.call(value)));
    case 'RegExp': return remember(new RegExp(value.source, value.flags));
    case 'ArrayBuffer': return remember(cloneBuffer(value));
    case 'Error': return clonePlatformObject(value) ?? cloneError(value, copy, remember);
    case 'Map': {
      const clone = remember(new Map());
      for (const [key, item] of [...Map.prototype.entries.call(value)]) clone.set(copy(key), copy(item));
      return clone;
    }
    case 'Set': {
      const clone = remember(new Set());
      for (const item of [...Set.prototype.values.call(value)]) clone.add(copy(item));
      return clone;
    }
  }
  if (CLOSED.has(named) || isPort(value)) throw refuse(value);
  const known = clonePlatformObject(value);
  return known === undefined ? copyProperties(value, remember({}), copy) : remember(known);
}

function isPort(value) {
  return value?.[Symbol.toStringTag] === 'MessagePort' && value instanceof namespace('sandglass:messages').MessagePort;
}

// What is handed over; each thing once, and none that is gone already.
function checkTransfer(transfer) {
  for (const [at, item] of transfer.entries()) {
    if (toString.call(item) !== '[object ArrayBuffer]' && !isPort(item)) {
      throw domException('Value not transferable', 'DataCloneError');
    }
    if (transfer.indexOf(item) !== at) {
      throw domException('ArrayBuffer occurs in the transfer list more than once', 'DataCloneError');
    }
  }
}

function transferred(options) {
  const wrong = (name) => {
    const error = new TypeError(`The "${name}" argument must be of type object.`);
    error.code = 'ERR_INVALID_ARG_TYPE';
    return error;
  };
  if (typeof (options ?? {}) !== 'object') throw wrong('options');
  const transfer = options?.transfer ?? [];
  if (typeof transfer !== 'object') throw wrong('options.transfer');
  return transfer;
}

export function structuredClone(value, options) {
  if (arguments.length === 0) {
    const error = new TypeError('The "value" argument must be specified');
    error.code = 'ERR_MISSING_ARGS';
    throw error;
  }
  const transfer = [...transferred(options)];
  checkTransfer(transfer);
  const seen = new Map();
  const copy = (item) => {
    if (typeof item === 'function' || typeof item === 'symbol') throw refuse(item);
    if (typeof item !== 'object' || item === null) return item;
    return seen.get(item) ?? cloneObject(item, seen, copy);
  };
  // What is handed over is moved when all else has been cloned.
  const buffers = transfer.filter((item) => !isPort(item));
  for (const buffer of buffers) copy(buffer);
  for (const port of transfer.filter(isPort)) seen.set(port, namespace('sandglass:messages').movePort(port));
  const clone = copy(value);
  for (const buffer of buffers) buffer.transfer();
  return clone;
}
