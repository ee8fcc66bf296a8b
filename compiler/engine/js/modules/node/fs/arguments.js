// What `fs` takes: paths, options, flags, descriptors.
import { ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE } from '__wasm_rquickjs_builtin/internal/errors';
import { Buffer } from 'buffer';
import { validateInteger, validateUint32 } from '__wasm_rquickjs_builtin/internal/validators';
import { constants } from 'sandglass:fs/constants';

// A path as text, as Node.js takes one.
export function pathOf(value, name = 'path') {
  let path = value;
  if (typeof value === 'string') path = value;
  else if (value instanceof URL) {
    if (value.protocol !== 'file:') {
      throw Object.assign(new TypeError('The URL must be of scheme file'), { code: 'ERR_INVALID_URL_SCHEME' });
    }
    path = decodeURIComponent(value.pathname);
  } else if (value instanceof Uint8Array) path = Buffer.from(value).toString();
  if (typeof path !== 'string') throw new ERR_INVALID_ARG_TYPE(name, ['string', 'Buffer', 'URL'], value);
  if (path.includes('\u0000')) {
    throw new ERR_INVALID_ARG_VALUE(name, value, 'must be a string, Uint8Array, or URL without null bytes');
  }
  return path;
}

export function descriptorOf(value) {
  validateInteger(value, 'fd', 0, 2147483647);
  return value;
}

// Options, of which a text is the encoding.
export function optionsOf(options, defaults = {}) {
  if (options === null || options === undefined || typeof options === 'function') return defaults;
  const given = typeof options === 'string' ? { encoding: options } : options;
  if (typeof given !== 'object') throw new ERR_INVALID_ARG_TYPE('options', ['string', 'Object'], options);
  const { encoding } = given;
  if (encoding && encoding !== 'buffer' && !Buffer.isEncoding(encoding)) {
    throw new ERR_INVALID_ARG_VALUE('encoding', encoding, 'is invalid encoding');
  }
  // What they inherit counts, too.
  const all = { ...defaults };
  for (const name in given) all[name] = given[name];
  return all;
}

export function inEncoding(bytes, encoding) {
  return !encoding || encoding === 'buffer' ? bytes : bytes.toString(encoding);
}

// A name of a file in the encoding that was asked for.
export function named(name, encoding) {
  return !encoding || encoding === 'utf8' || encoding === 'utf-8' ? name : inEncoding(Buffer.from(name), encoding);
}

const { O_APPEND, O_CREAT, O_EXCL, O_RDONLY, O_RDWR, O_SYNC, O_TRUNC, O_WRONLY } = constants;
const WRITES = O_TRUNC | O_CREAT | O_WRONLY;
const FLAGS = {
  r: O_RDONLY, rs: O_RDONLY | O_SYNC, sr: O_RDONLY | O_SYNC, 'r+': O_RDWR, 'rs+': O_RDWR | O_SYNC, 'sr+': O_RDWR | O_SYNC,
  w: WRITES, wx: WRITES | O_EXCL, xw: WRITES | O_EXCL,
  'w+': O_TRUNC | O_CREAT | O_RDWR, 'wx+': O_TRUNC | O_CREAT | O_RDWR | O_EXCL, 'xw+': O_TRUNC | O_CREAT | O_RDWR | O_EXCL,
  a: O_APPEND | O_CREAT | O_WRONLY, ax: O_APPEND | O_CREAT | O_WRONLY | O_EXCL, xa: O_APPEND | O_CREAT | O_WRONLY | O_EXCL,
  as: O_APPEND | O_CREAT | O_WRONLY | O_SYNC, sa: O_APPEND | O_CREAT | O_WRONLY | O_SYNC,
  'a+': O_APPEND | O_CREAT | O_RDWR, 'ax+': O_APPEND | O_CREAT | O_RDWR | O_EXCL, 'xa+': O_APPEND | O_CREAT | O_RDWR | O_EXCL,
  'as+': O_APPEND | O_CREAT | O_RDWR | O_SYNC, 'sa+': O_APPEND | O_CREAT | O_RDWR | O_SYNC,
};

export function flagsOf(flags = O_RDONLY, name = 'flags') {
  if (typeof flags === 'number') {
    validateInteger(flags, name, -2147483648, 2147483647);
    return flags;
  }
  if (flags === null) return O_RDONLY;
  if (typeof flags !== 'string' || !Object.hasOwn(FLAGS, flags)) throw new ERR_INVALID_ARG_VALUE(name, flags);
  return FLAGS[flags];
}

// The permissions of a file: a number, or its octal digits.
export function checkMode(mode, name = 'mode', otherwise = 0) {
  let value = mode ?? otherwise;
  if (typeof value === 'string') {
    if (!/^[0-7]+$/.test(value)) {
      throw new ERR_INVALID_ARG_VALUE(name, value, 'must be a 32-bit unsigned integer or an octal string');
    }
    value = parseInt(value, 8);
  }
  validateUint32(value, name);
}

export function checkOwner(uid, gid) {
  validateInteger(uid, 'uid', -1, 4294967295);
  validateInteger(gid, 'gid', -1, 4294967295);
}

export function checkTime(time, name) {
  const isTime = time instanceof Date || (typeof time === 'string' && +time === Number(time) && !Number.isNaN(+time))
    || Number.isFinite(time);
  if (!isTime) throw new ERR_INVALID_ARG_TYPE(name, ['Date', 'Time in seconds'], time);
}

// What is written: text or bytes.
export function checkData(data, name) {
  if (typeof data !== 'string' && !ArrayBuffer.isView(data)) {
    throw new ERR_INVALID_ARG_TYPE(name, ['string', 'Buffer', 'TypedArray', 'DataView'], data);
  }
}
