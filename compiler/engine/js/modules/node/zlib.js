// The module `zlib`, as in Node.js, over the engine's own zlib and Brotli.
import { utf8Encode, zlibCrc32 } from 'sandglass:native';
import { ERR_INVALID_ARG_TYPE } from '__wasm_rquickjs_builtin/internal/errors';
import { validateFunction, validateUint32 } from '__wasm_rquickjs_builtin/internal/validators';
import { brotliFormats } from 'sandglass:zlib/brotli';
import { codes, constants } from 'sandglass:zlib/constants';
import { ZlibHandle } from 'sandglass:zlib/handle';
import { ranged, viewOf } from 'sandglass:zlib/options';
import { ERR_BUFFER_TOO_LARGE, ZlibBase, processCallback, processChunkSync } from 'sandglass:zlib/stream';

const { DEFLATE, DEFLATERAW, GUNZIP, GZIP, INFLATE, INFLATERAW, UNZIP } = constants;
const FLUSHES = [constants.Z_NO_FLUSH, constants.Z_BLOCK, constants.Z_NO_FLUSH, constants.Z_FINISH,
  constants.Z_FULL_FLUSH];

// What decompresses may take the size of the window from the data.
function windowOf(options, mode) {
  const isFree = options.windowBits === undefined || options.windowBits === null || options.windowBits === 0;
  if (isFree && [INFLATE, GUNZIP, UNZIP].includes(mode)) return 0;
  const least = constants.Z_MIN_WINDOWBITS + (mode === GZIP ? 1 : 0);
  return ranged(options.windowBits, 'options.windowBits', least, constants.Z_MAX_WINDOWBITS,
    constants.Z_DEFAULT_WINDOWBITS);
}

function dictionaryOf(options) {
  if (options.dictionary === undefined) return undefined;
  const view = viewOf(options.dictionary);
  if (view === undefined) {
    throw new ERR_INVALID_ARG_TYPE('options.dictionary', ['Buffer', 'TypedArray', 'DataView', 'ArrayBuffer'],
      options.dictionary);
  }
  return view;
}

function Zlib(options, mode) {
  const given = options || {};
  const windowBits = options ? windowOf(given, mode) : constants.Z_DEFAULT_WINDOWBITS;
  const level = ranged(given.level, 'options.level', constants.Z_MIN_LEVEL, constants.Z_MAX_LEVEL,
    constants.Z_DEFAULT_COMPRESSION);
  const memLevel = ranged(given.memLevel, 'options.memLevel', constants.Z_MIN_MEMLEVEL, constants.Z_MAX_MEMLEVEL,
    constants.Z_DEFAULT_MEMLEVEL);
  const strategy = ranged(given.strategy, 'options.strategy', constants.Z_DEFAULT_STRATEGY, constants.Z_FIXED,
    constants.Z_DEFAULT_STRATEGY);
  const dictionary = dictionaryOf(given);
  const handle = new ZlibHandle();
  this._writeState = new Uint32Array(2);
  handle.init(mode, { windowBits, level, memLevel, strategy }, dictionary, this._writeState, processCallback);
  Reflect.apply(ZlibBase, this, [options, handle, FLUSHES]);
  this._level = level;
  this._strategy = strategy;
}
Object.setPrototypeOf(Zlib.prototype, ZlibBase.prototype);
Object.setPrototypeOf(Zlib, ZlibBase);

Zlib.prototype.params = function params(level, strategy, callback) {
  ranged(level, 'level', constants.Z_MIN_LEVEL, constants.Z_MAX_LEVEL);
  ranged(strategy, 'strategy', constants.Z_DEFAULT_STRATEGY, constants.Z_FIXED);
  if (this._level === level && this._strategy === strategy) {
    process.nextTick(callback);
    return;
  }
  this.flush(constants.Z_SYNC_FLUSH, () => {
    if (!this._handle) throw new Error('zlib binding closed');
    this._handle.params(level, strategy);
    if (this.destroyed) return;
    this._level = level;
    this._strategy = strategy;
    if (callback) callback();
  });
};

// As old as these are, they are called with `new` and without.
function format(name, mode, prepare = () => {}) {
  const type = { [name]: function type(options) {
    prepare(options);
    if (!(this instanceof type)) return new type(options);
    Reflect.apply(Zlib, this, [options, mode]);
  } }[name];
  Object.defineProperty(type, 'name', { value: name });
  Object.setPrototypeOf(type.prototype, Zlib.prototype);
  Object.setPrototypeOf(type, Zlib);
  return type;
}

const formats = {
  Deflate: format('Deflate', DEFLATE),
  Inflate: format('Inflate', INFLATE),
  Gzip: format('Gzip', GZIP),
  Gunzip: format('Gunzip', GUNZIP),
  DeflateRaw: format('DeflateRaw', DEFLATERAW, (options) => {
    if (options && options.windowBits === 8) options.windowBits = 9;
  }),
  InflateRaw: format('InflateRaw', INFLATERAW),
  Unzip: format('Unzip', UNZIP),
  ...brotliFormats(Zlib),
};

function inOneStep(engine, input) {
  const chunk = typeof input === 'string' ? Buffer.from(input) : viewOf(input);
  if (chunk === undefined) {
    throw new ERR_INVALID_ARG_TYPE('buffer', ['string', 'Buffer', 'TypedArray', 'DataView', 'ArrayBuffer'], input);
  }
  const buffer = processChunkSync(engine, chunk, engine._finishFlushFlag);
  return engine._info ? { buffer, engine } : buffer;
}

function throughStream(engine, input, callback) {
  validateFunction(callback, 'callback');
  const chunks = [];
  let bytes = 0;
  const onEnd = () => {
    const buffer = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, bytes);
    engine.close();
    callback(null, engine._info ? { buffer, engine } : buffer);
  };
  engine.on('data', (chunk) => {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > engine._maxOutputLength) {
      engine.close();
      engine.removeListener('end', onEnd);
      callback(new ERR_BUFFER_TOO_LARGE(engine._maxOutputLength));
    }
  });
  engine.on('error', (error) => {
    engine.removeListener('end', onEnd);
    callback(error);
  });
  engine.on('end', onEnd);
  const view = typeof input === 'string' ? undefined : viewOf(input);
  const isBytes = view === undefined || view instanceof Uint8Array;
  engine.end(isBytes ? view ?? input : Buffer.from(view.buffer, view.byteOffset, view.byteLength));
}

function crc32(data, value = 0) {
  if (typeof data !== 'string' && !ArrayBuffer.isView(data)) {
    throw new ERR_INVALID_ARG_TYPE('data', ['Buffer', 'TypedArray', 'DataView', 'string'], data);
  }
  validateUint32(value, 'value');
  const bytes = typeof data === 'string'
    ? utf8Encode(data.toWellFormed())
    : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return bytes.length === 0 ? value : zlibCrc32(bytes, value);
}

const zlib = { crc32, ...formats };
for (const [name, type] of Object.entries(formats)) {
  const method = name[0].toLowerCase() + name.slice(1);
  zlib[method] = function asyncBufferWrapper(input, options, callback) {
    if (typeof options === 'function') return throughStream(new type({}), input, options);
    return throughStream(new type(options), input, callback);
  };
  zlib[`${method}Sync`] = function syncBufferWrapper(input, options) {
    return inOneStep(new type(options), input);
  };
}
for (const [name, type] of Object.entries(formats)) {
  const value = (options) => new type(options);
  Object.defineProperty(zlib, `create${name}`, { value, configurable: true, enumerable: true });
}
Object.defineProperties(zlib, {
  constants: { value: constants, enumerable: true },
  codes: { value: codes, enumerable: true },
});
for (const [name, value] of Object.entries(constants)) {
  if (!name.startsWith('BROTLI')) Object.defineProperty(zlib, name, { value });
}

export default zlib;
