// `http.IncomingMessage`: an answer as a stream. It arrived whole.
import { collect, collectLine } from 'sandglass:toolbelt/headers';
import Readable from '__wasm_rquickjs_builtin/internal/streams/readable';

// Set by the class below: makes the message of what the host answered.
export let received;

// `{ name: [value, …], … }`, as the names were received in lower case.
function distinct(flat) {
  const all = {};
  for (let at = 0; at < flat.length; at += 2) (all[flat[at].toLowerCase()] ??= []).push(flat[at + 1]);
  return all;
}

export class IncomingMessage extends Readable {
  httpVersion = null;
  httpVersionMajor = null;
  httpVersionMinor = null;
  complete = false;
  aborted = false;
  upgrade = null;
  url = '';
  method = null;
  statusCode = null;
  statusMessage = null;
  joinDuplicateHeaders = false;
  rawHeaders = [];
  rawTrailers = [];
  #headers;
  #trailers;
  #headersDistinct;
  #trailersDistinct;
  #body;

  constructor(socket) {
    super();
    this.socket = socket;
    this.client = socket;
  }

  get connection() { return this.socket; }
  set connection(socket) { this.socket = socket; }

  get headers() { return this.#headers ??= collect(this.rawHeaders, this.joinDuplicateHeaders); }
  set headers(headers) { this.#headers = headers; }

  get trailers() { return this.#trailers ??= collect(this.rawTrailers, this.joinDuplicateHeaders); }
  set trailers(trailers) { this.#trailers = trailers; }

  get headersDistinct() { return this.#headersDistinct ??= distinct(this.rawHeaders); }
  set headersDistinct(headers) { this.#headersDistinct = headers; }

  get trailersDistinct() { return this.#trailersDistinct ??= distinct(this.rawTrailers); }
  set trailersDistinct(trailers) { this.#trailersDistinct = trailers; }

  setTimeout(milliseconds, listener) {
    if (listener) this.on('timeout', listener);
    this.socket?.setTimeout?.(milliseconds);
    return this;
  }

  _addHeaderLine(name, value, headers) {
    collectLine(headers, name, value, this.joinDuplicateHeaders);
  }

  // Names and values in turn, of which `count` count; after the body they are trailers.
  _addHeaderLines(flat, count) {
    if (!flat?.length) return;
    const lines = flat.slice(0, count);
    const known = this.complete ? this.#trailers : this.#headers;
    if (this.complete) this.rawTrailers = lines;
    else this.rawHeaders = lines;
    if (known === undefined) return;
    for (let at = 0; at < lines.length; at += 2) this._addHeaderLine(lines[at], lines[at + 1], known);
  }

  _read() {
    if (this.#body === undefined) return;
    if (this.#body.length > 0) this.push(this.#body);
    this.push(null);
  }

  static {
    received = ({ status, reason, headers, body }, request) => {
      const message = new IncomingMessage(null);
      Object.assign(message, {
        complete: true, httpVersion: '1.1', httpVersionMajor: 1, httpVersionMinor: 1,
        rawHeaders: headers, req: request, statusCode: status, statusMessage: reason,
      });
      message.#body = globalThis.Buffer.from(body.buffer, body.byteOffset, body.length);
      return message;
    };
  }
}
