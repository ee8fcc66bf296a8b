// The globals `CompressionStream` and `DecompressionStream`, by the Compression standard.
import { zlibClose, zlibOpen, zlibWrite } from 'sandglass:native';
import { viewBytes } from 'sandglass:blob';
import { TextEncoder } from 'sandglass:encoding';
import { TransformStream } from 'sandglass:streams';
import { constants } from 'sandglass:zlib/constants';

const SETTINGS = { windowBits: 15, level: -1, memLevel: 8, strategy: 0 };
const CHUNK_BYTES = 16 * 1024;

function modeOf(modes, format) {
  if (Object.hasOwn(modes, format)) return modes[format];
  const error = new TypeError(`The argument 'format' must be one of: ${Object.keys(modes).map((name) => `'${name}'`)
    .join(', ')}. Received '${format}'`);
  throw Object.assign(error, { code: 'ERR_INVALID_ARG_VALUE' });
}

// As in Node.js also of a text.
function bytesOf(chunk) {
  if (typeof chunk === 'string') return new TextEncoder().encode(chunk);
  const bytes = viewBytes(chunk);
  if (bytes !== undefined) return bytes;
  const error = new TypeError('A chunk must be an ArrayBuffer or a view of one.');
  throw Object.assign(error, { code: 'ERR_INVALID_ARG_TYPE' });
}

// What is made of a chunk goes out piece by piece. Returns whether the data have ended.
function step(id, flush, input, controller) {
  let rest = input;
  for (;;) {
    const out = new Uint8Array(CHUNK_BYTES);
    const { read, written, code, message } = zlibWrite(id, flush, rest, out);
    if (message !== undefined) throw Object.assign(new TypeError(message), { code: 'ERR_INVALID_DATA' });
    if (written > 0) controller.enqueue(out.slice(0, written));
    rest = rest.subarray(read);
    const hasEnded = code === constants.Z_STREAM_END;
    if (hasEnded && rest.length > 0) throw new TypeError('Data follow the end of the compressed data.');
    if (written < CHUNK_BYTES) return hasEnded;
  }
}

class ByteStream {
  #transform;

  constructor(mode, isDecompressing) {
    const id = zlibOpen(mode, SETTINGS, undefined);
    let hasEnded = false;
    this.#transform = new TransformStream({
      transform(chunk, controller) {
        const bytes = bytesOf(chunk);
        if (hasEnded && bytes.length > 0) throw new TypeError('Data follow the end of the compressed data.');
        if (bytes.length > 0) hasEnded = step(id, constants.Z_NO_FLUSH, bytes, controller);
      },
      flush(controller) {
        const isWhole = hasEnded || step(id, isDecompressing ? constants.Z_SYNC_FLUSH : constants.Z_FINISH,
          new Uint8Array(0), controller);
        zlibClose(id);
        if (!isWhole) throw new TypeError('The compressed data end too early.');
      },
    });
  }

  get readable() { return ByteStream.#of(this).readable; }
  get writable() { return ByteStream.#of(this).writable; }

  static #of(stream) {
    if (#transform in stream) return stream.#transform;
    const error = new TypeError('Value of "this" must be of type CompressionStream or DecompressionStream');
    throw Object.assign(error, { code: 'ERR_INVALID_THIS' });
  }
}

const { DEFLATE, DEFLATERAW, GUNZIP, GZIP, INFLATE, INFLATERAW } = constants;

export class CompressionStream extends ByteStream {
  constructor(format) {
    super(modeOf({ deflate: DEFLATE, 'deflate-raw': DEFLATERAW, gzip: GZIP }, `${format}`), false);
  }
}

export class DecompressionStream extends ByteStream {
  constructor(format) {
    super(modeOf({ deflate: INFLATE, 'deflate-raw': INFLATERAW, gzip: GUNZIP }, `${format}`), true);
  }
}

for (const type of [CompressionStream, DecompressionStream]) {
  Object.defineProperty(type.prototype, Symbol.toStringTag, { value: type.name, configurable: true });
}
