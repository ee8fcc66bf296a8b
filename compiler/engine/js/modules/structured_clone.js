// The global `structuredClone`, by the HTML standard's structured serialization.
import { domException } from 'sandglass:dom_exception';

const { keys, prototype: { toString } } = Object;
const ERRORS = { EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };

function refuse(value) {
  let shown;
  try {
    shown = typeof value === 'object' ? `#<${value.constructor.name}>` : String(value);
  } catch {
    shown = 'The object';
  }
  return domException(`${shown} could not be cloned.`, 'DataCloneError');
}

function cloneError(error, copy) {
  const Type = ERRORS[error.name] ?? Error;
  const clone = new Type();
  for (const name of ['stack', 'message']) {
    const value = error[name];
    if (value !== undefined) {
      Object.defineProperty(clone, name, { value: String(value), writable: true, configurable: true });
    }
  }
  if (Object.hasOwn(error, 'cause')) {
    Object.defineProperty(clone, 'cause', { value: copy(error.cause), writable: true, configurable: true });
  }
  return clone;
}

function cloneBuffer(buffer) {
  return buffer.slice(0);
}

function cloneView(view, copy) {
  const buffer = copy(view.buffer);
  if (view instanceof DataView) return new DataView(buffer, view.byteOffset, view.byteLength);
  const Type = globalThis[view[Symbol.toStringTag]];
  return new Type(buffer, view.byteOffset, view.length);
}

// Objects that hold others are remembered before these are copied, so that cycles end.
function cloneObject(value, seen, copy) {
  const remember = (clone) => {
    seen.set(value, clone);
    return clone;
  };
  if (ArrayBuffer.isView(value)) return remember(cloneView(value, copy));
  switch (toString.call(value).slice(8, -1)) {
    case 'Boolean': return remember(Object(Boolean.prototype.valueOf.call(value)));
    case 'Number': return remember(Object(Number.prototype.valueOf.call(value)));
    case 'String': return remember(Object(String.prototype.valueOf.call(value)));
    case 'BigInt': return remember(Object(BigInt.prototype.valueOf.call(value)));
    case 'Date': return remember(new Date(Date.prototype.getTime.call(value)));
    case 'RegExp': return remember(new RegExp(value.source, value.flags));
    case 'ArrayBuffer': return remember(cloneBuffer(value));
    case 'Error': return remember(cloneError(value, copy));
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
    case 'Array': {
      const clone = remember(new Array(value.length));
      for (const key of keys(value)) clone[key] = copy(value[key]);
      return clone;
    }
    case 'WeakMap': case 'WeakSet': case 'WeakRef': case 'Promise': case 'Symbol': case 'Generator':
      throw refuse(value);
  }
  const clone = remember({});
  for (const key of keys(value)) {
    Object.defineProperty(clone, key, { value: copy(value[key]), writable: true, enumerable: true, configurable: true });
  }
  return clone;
}

export function structuredClone(value, options) {
  if (arguments.length === 0) {
    const error = new TypeError('The "value" argument must be specified');
    error.code = 'ERR_MISSING_ARGS';
    throw error;
  }
  const seen = new Map();
  const transfer = [...(options?.transfer ?? [])];
  for (const item of transfer) {
    if (!(item instanceof ArrayBuffer)) {
      throw domException('Value not transferable', 'DataCloneError');
    }
  }
  const copy = (item) => {
    if (typeof item === 'function' || typeof item === 'symbol') throw refuse(item);
    if (typeof item !== 'object' || item === null) return item;
    return seen.get(item) ?? cloneObject(item, seen, copy);
  };
  const clone = copy(value);
  for (const item of transfer) item.transfer?.();
  return clone;
}
