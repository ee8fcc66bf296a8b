// Which values may the options of `zlib` have? As Node.js checks them.
import { ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE } from '__wasm_rquickjs_builtin/internal/errors';

// Whether a number is given; `NaN` is none.
export function isGiven(value, name) {
  if (value === undefined || Number.isNaN(value)) return false;
  if (Number.isFinite(value)) return true;
  if (typeof value !== 'number') throw new ERR_INVALID_ARG_TYPE(name, 'number', value);
  throw new ERR_OUT_OF_RANGE(name, 'a finite number', value);
}

export function ranged(value, name, least, most, otherwise) {
  if (!isGiven(value, name)) return otherwise;
  if (value < least || value > most) throw new ERR_OUT_OF_RANGE(name, `>= ${least} and <= ${most}`, value);
  return value;
}

// What may be bytes, as a view; nothing for everything else.
export function viewOf(value) {
  if (ArrayBuffer.isView(value)) return value;
  const isBuffer = value instanceof ArrayBuffer ||
    ['[object ArrayBuffer]', '[object SharedArrayBuffer]'].includes(Object.prototype.toString.call(value));
  return isBuffer ? Buffer.from(value) : undefined;
}
