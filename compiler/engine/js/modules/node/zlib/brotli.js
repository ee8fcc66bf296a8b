// The streams of Brotli, as in Node.js.
import { ERR_INVALID_ARG_TYPE, coded } from '__wasm_rquickjs_builtin/internal/errors';
import { constants } from 'sandglass:zlib/constants';
import { BrotliHandle } from 'sandglass:zlib/handle';
import { ZlibBase, processCallback } from 'sandglass:zlib/stream';

const ERR_BROTLI_INVALID_PARAM = coded('ERR_BROTLI_INVALID_PARAM', RangeError,
  (name) => `${name} is not a valid Brotli parameter`);
const ERR_ZLIB_INITIALIZATION_FAILED = coded('ERR_ZLIB_INITIALIZATION_FAILED', Error,
  () => 'Initialization failed');

const { BROTLI_OPERATION_EMIT_METADATA, BROTLI_OPERATION_FINISH, BROTLI_OPERATION_FLUSH, BROTLI_OPERATION_PROCESS } =
  constants;
const FLUSHES = [BROTLI_OPERATION_PROCESS, BROTLI_OPERATION_EMIT_METADATA, BROTLI_OPERATION_PROCESS,
  BROTLI_OPERATION_FINISH, BROTLI_OPERATION_FLUSH];

const PARAM_MAX = Math.max(...Object.keys(constants).map((name) =>
  (name.startsWith('BROTLI_PARAM_') ? constants[name] : 0)));
// A parameter that is not given.
const UNSET = 2 ** 32 - 1;

// The parameters by their numbers.
function paramsOf(options) {
  const params = new Uint32Array(PARAM_MAX + 1).fill(UNSET);
  for (const [name, value] of Object.entries(options?.params ?? {})) {
    const key = +name;
    if (Number.isNaN(key) || key < 0 || key > PARAM_MAX || (params[key] | 0) !== -1) {
      throw new ERR_BROTLI_INVALID_PARAM(name);
    }
    if (typeof value !== 'number' && typeof value !== 'boolean') {
      throw new ERR_INVALID_ARG_TYPE('options.params[key]', 'number', value);
    }
    params[key] = value;
  }
  return [...params];
}

// `Zlib` is what they derive from in Node.js, which they share no option with.
export function brotliFormats(Zlib) {
  function Brotli(options, compresses) {
    const handle = new BrotliHandle();
    this._writeState = new Uint32Array(2);
    if (!handle.init(compresses, paramsOf(options), this._writeState, processCallback)) {
      throw new ERR_ZLIB_INITIALIZATION_FAILED();
    }
    Reflect.apply(ZlibBase, this, [options, handle, FLUSHES]);
  }
  Object.setPrototypeOf(Brotli.prototype, Zlib.prototype);
  Object.setPrototypeOf(Brotli, Zlib);

  function BrotliCompress(options) {
    if (!(this instanceof BrotliCompress)) return new BrotliCompress(options);
    Reflect.apply(Brotli, this, [options, true]);
  }
  function BrotliDecompress(options) {
    if (!(this instanceof BrotliDecompress)) return new BrotliDecompress(options);
    Reflect.apply(Brotli, this, [options, false]);
  }
  for (const type of [BrotliCompress, BrotliDecompress]) {
    Object.setPrototypeOf(type.prototype, Brotli.prototype);
    Object.setPrototypeOf(type, Brotli);
  }
  return { BrotliCompress, BrotliDecompress };
}
