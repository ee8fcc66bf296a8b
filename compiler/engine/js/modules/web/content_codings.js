// How is a body decoded that the host leaves as it came? As Node.js's `fetch` does: a body that ends too
// early gives what there was.
import zlib from 'zlib';

const { BROTLI_OPERATION_FLUSH, Z_SYNC_FLUSH } = zlib.constants;
const LENIENT = { flush: Z_SYNC_FLUSH, finishFlush: Z_SYNC_FLUSH };
const CODINGS_MAX = 5;

const gunzip = (bytes) => zlib.gunzipSync(bytes, LENIENT);

const DECODERS = {
  __proto__: null,
  br: (bytes) => zlib.brotliDecompressSync(bytes, { finishFlush: BROTLI_OPERATION_FLUSH }),
  // With the header of zlib or, from servers that misread the name, without.
  deflate: (bytes) => ((bytes[0] & 0x0f) === 8 ? zlib.inflateSync : zlib.inflateRawSync)(bytes, LENIENT),
  gzip: gunzip,
  'x-gzip': gunzip,
};

// `names` is the value of `content-encoding`, the coding that was applied last at its end. What is not
// known leaves the body as it is.
export function decode(names, body) {
  const codings = names.toLowerCase().split(',').map((name) => name.trim());
  if (codings.length > CODINGS_MAX) {
    throw new Error(
      `too many content-encodings in response: ${codings.length}, maximum allowed is ${CODINGS_MAX}`,
    );
  }
  if (!codings.every((name) => name in DECODERS)) return body;
  const bytes = codings.reduceRight((rest, name) => (rest.length === 0 ? rest : DECODERS[name](rest)), body);
  return new Uint8Array(bytes);
}
