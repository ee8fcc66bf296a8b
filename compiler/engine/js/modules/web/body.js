// What `Request` and `Response` have in common: a body that is read once, by the Fetch standard.
import { namespace, utf8Decode, utf8Encode } from 'sandglass:native';
import { Blob, blobBytes, concatenate, viewBytes } from 'sandglass:blob';

function unusable() {
  return new TypeError('Body is unusable: Body has already been read');
}

function isStream(value) {
  return typeof value?.getReader === 'function';
}

function isAsyncIterable(value) {
  return typeof value?.[Symbol.asyncIterator] === 'function';
}

// A body that nobody has read: `bytes`, or a `stream`. `type` is the content type that it brings along.
export class Content {
  constructor({ bytes = null, stream = null, type }) {
    Object.assign(this, { bytes, stream, type });
  }
}

// The content of what a body may be made from.
export function extractBody(source) {
  return source instanceof Content ? source : new Content(extract(source));
}

function extract(source) {
  if (isStream(source)) return { stream: streamBody(source) };
  if (source instanceof Blob) return { bytes: blobBytes(source), type: source.type || undefined };
  const bytes = viewBytes(source);
  if (bytes !== undefined) return { bytes: bytes.slice() };
  switch (source?.[Symbol.toStringTag]) {
    case 'URLSearchParams':
      return { bytes: utf8Encode(`${source}`), type: 'application/x-www-form-urlencoded;charset=UTF-8' };
    case 'FormData':
      return namespace('sandglass:form_data').encodeForm(source);
  }
  if (isAsyncIterable(source)) return { stream: namespace('sandglass:streams').ReadableStream.from(source) };
  return { bytes: utf8Encode(`${source}`.toWellFormed()), type: 'text/plain;charset=UTF-8' };
}

function streamBody(stream) {
  if (stream.locked || namespace('sandglass:streams').isDisturbed(stream)) {
    throw new TypeError('Response body object should not be disturbed or locked');
  }
  return stream;
}

async function readStream(stream) {
  const reader = stream.getReader();
  const chunks = [];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return concatenate(chunks);
    const bytes = typeof value === 'string' ? utf8Encode(value.toWellFormed()) : viewBytes(value);
    if (bytes === undefined) throw new TypeError('A chunk of a body must be bytes or text.');
    chunks.push(bytes);
  }
}

// Set by the class below.
let take;

export class Body {
  // Both `null` for no body.
  #bytes;
  #stream;
  #isUsed = false;

  constructor(content) {
    this.#bytes = content?.bytes ?? null;
    this.#stream = content?.stream ?? null;
  }

  // The body as a stream, made from the bytes when somebody asks for it.
  get body() {
    if (this.#stream === null && this.#bytes !== null) {
      const { streamOf } = namespace('sandglass:streams');
      this.#stream = streamOf(this.#isUsed ? new Uint8Array(0) : this.#bytes);
      this.#bytes = null;
    }
    return this.#stream;
  }

  get bodyUsed() {
    return this.#isUsed || (this.#stream !== null && namespace('sandglass:streams').isDisturbed(this.#stream));
  }

  async arrayBuffer() { return (await this.bytes()).buffer; }

  async bytes() { return (await this.#take()).slice(); }

  async blob() { return new Blob([await this.#take()], { type: this.headers.get('content-type') ?? '' }); }

  async text() {
    const bytes = await this.#take();
    return utf8Decode(bytes, 0, bytes.length).replace(/^\ufeff/, '');
  }

  async json() { return JSON.parse(await this.text()); }

  async formData() {
    const type = this.headers.get('content-type');
    if (type === null) throw new TypeError('The body has no content type that says how to read a form.');
    return namespace('sandglass:form_data').decodeForm(await this.#take(), type);
  }

  // The content of a copy; what is bytes is shared, a stream is read by both.
  _cloneContent() {
    if (this.bodyUsed || this.#stream?.locked) throw new TypeError('Response.clone: Body has already been consumed.');
    if (this.#stream === null) return this.#bytes === null ? null : new Content({ bytes: this.#bytes });
    const [mine, other] = this.#stream.tee();
    this.#stream = mine;
    return new Content({ stream: other });
  }

  async #take() {
    if (this.bodyUsed || this.#stream?.locked) throw unusable();
    const hasBody = this.#bytes !== null || this.#stream !== null;
    this.#isUsed = hasBody;
    if (this.#stream !== null) return readStream(this.#stream);
    return this.#bytes ?? new Uint8Array(0);
  }

  static {
    take = (body) => body.#take();
  }
}

// The whole body at once, which is thereby used.
export function takeBody(body) {
  return take(body);
}
