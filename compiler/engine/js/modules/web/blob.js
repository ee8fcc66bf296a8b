// The globals `Blob` and `File`, by the File API standard. The bytes are all in memory.
import { namespace, utf8Decode, utf8Encode } from 'sandglass:native';
import { coded } from 'sandglass:coded';

const INSPECT = Symbol.for('nodejs.util.inspect.custom');

// The bytes of anything that is bytes; `undefined` for what is not.
export function viewBytes(value) {
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  return undefined;
}

export function concatenate(chunks) {
  const whole = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

// Set by the class below.
let readBytes;

function partBytes(part, endings) {
  if (part instanceof Blob) return readBytes(part);
  const text = () => `${part}`.toWellFormed();
  return viewBytes(part) ?? utf8Encode(endings === 'native' ? text().replace(/\r\n?/g, '\n') : text());
}

function typeOf(type = '') {
  return /[^\x20-\x7e]/.test(type) ? '' : `${type}`.toLowerCase();
}

function within(position, size) {
  return position < 0 ? Math.max(size + position, 0) : Math.min(position, size);
}

export class Blob {
  #bytes;
  #type;

  constructor(parts = [], { type, endings = 'transparent' } = {}) {
    if (typeof parts !== 'object' || parts === null || typeof parts[Symbol.iterator] !== 'function') {
      throw coded(TypeError, 'ERR_INVALID_ARG_TYPE', 'The "sources" argument must be a sequence.');
    }
    this.#bytes = concatenate(Array.from(parts, (part) => partBytes(part, endings)));
    this.#type = typeOf(type);
  }

  get size() { return this.#bytes.length; }
  get type() { return this.#type; }

  slice(start = 0, end = this.size, type = '') {
    const slice = new Blob([], { type });
    const from = within(start, this.size);
    slice.#bytes = this.#bytes.subarray(from, Math.max(from, within(end, this.size)));
    return slice;
  }

  async arrayBuffer() { return this.#bytes.slice().buffer; }

  async bytes() { return this.#bytes.slice(); }

  async text() { return utf8Decode(this.#bytes, 0, this.#bytes.length); }

  stream() { return namespace('sandglass:streams').streamOf(this.#bytes); }

  [INSPECT]() { return `${this.constructor.name} { size: ${this.size}, type: '${this.type}' }`; }

  static {
    readBytes = (blob) => blob.#bytes;
    Object.defineProperty(Blob.prototype, Symbol.toStringTag, { value: 'Blob', configurable: true });
  }
}

export class File extends Blob {
  #name;
  #lastModified;

  constructor(parts, name, options = {}) {
    if (arguments.length < 2) {
      throw coded(TypeError, 'ERR_MISSING_ARGS', 'The "fileBits" and "fileName" arguments must be specified');
    }
    super(parts, options);
    this.#name = `${name}`.toWellFormed();
    const lastModified = options?.lastModified;
    this.#lastModified = lastModified === undefined ? Date.now() : Math.trunc(+lastModified) || 0;
  }

  get name() { return this.#name; }
  get lastModified() { return this.#lastModified; }
  get webkitRelativePath() { return ''; }

  [INSPECT](depth, options, inspect) {
    const { size, type, name, lastModified } = this;
    return depth < 0 ? this : `${this.constructor.name} ${inspect({ size, type, name, lastModified }, options)}`;
  }

  static {
    for (const name of ['name', 'lastModified']) Object.defineProperty(File.prototype, name, { enumerable: true });
    Object.defineProperty(File.prototype, Symbol.toStringTag, { value: 'File', configurable: true });
  }
}

// A blob's bytes, at once and not copied.
export function blobBytes(blob) {
  return readBytes(blob);
}
