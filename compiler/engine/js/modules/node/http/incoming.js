// `http.IncomingMessage`: an answer as a stream. It arrived whole.
import { collect } from 'sandglass:toolbelt/headers';
import Readable from '__wasm_rquickjs_builtin/internal/streams/readable';

export class IncomingMessage extends Readable {
  httpVersion = '1.1';
  httpVersionMajor = 1;
  httpVersionMinor = 1;
  complete = true;
  aborted = false;
  url = '';
  method = null;
  socket = null;
  trailers = {};
  rawTrailers = [];
  #body;

  constructor({ status, reason, headers, body }, request) {
    super();
    this.statusCode = status;
    this.statusMessage = reason;
    this.rawHeaders = headers;
    this.headers = collect(headers);
    this.req = request;
    this.#body = globalThis.Buffer.from(body.buffer, body.byteOffset, body.length);
  }

  get connection() { return this.socket; }

  get headersDistinct() {
    const distinct = Object.create(null);
    for (let at = 0; at < this.rawHeaders.length; at += 2) {
      (distinct[this.rawHeaders[at]] ??= []).push(this.rawHeaders[at + 1]);
    }
    return distinct;
  }

  setTimeout() { return this; }

  _read() {
    if (this.#body.length > 0) this.push(this.#body);
    this.push(null);
  }
}
