// The blobs that have an address of their own: `URL.createObjectURL` and `buffer.resolveObjectURL`.
import { namespace } from 'sandglass:native';

const PREFIX = 'blob:nodedata:';
const objects = new Map();

/** Gives a blob an address. */
export function createObjectURL(object) {
  if (!(object instanceof globalThis.Blob)) {
    const { ERR_INVALID_ARG_TYPE } = namespace('__wasm_rquickjs_builtin/internal/errors');
    throw new ERR_INVALID_ARG_TYPE('obj', 'Blob', object);
  }
  const id = globalThis.crypto.randomUUID();
  objects.set(id, object);
  return PREFIX + id;
}

/** Takes the address from its blob. */
export function revokeObjectURL(url) {
  if (url.startsWith(PREFIX)) objects.delete(url.slice(PREFIX.length));
}

/** The blob of an address. */
export function resolveObjectURL(url) {
  const text = `${url}`;
  return text.startsWith(PREFIX) ? objects.get(text.slice(PREFIX.length)) : undefined;
}
