// `http.OutgoingMessage`: a message that is written to whichever stream is its socket. A lambda has no
// sockets; frameworks make messages for their routers, and read what was written.
import { coded, ERR_INVALID_ARG_TYPE } from '__wasm_rquickjs_builtin/internal/errors';
import Stream from 'stream';
import { ERR_INVALID_CHAR, validateHeaderName, WrittenHeaders } from 'sandglass:http/headers';

const { process } = globalThis;
const HEADERS = Symbol('headers');

const ERR_HTTP_HEADERS_SENT = coded('ERR_HTTP_HEADERS_SENT', Error,
  (verb) => `Cannot ${verb} headers after they are sent to the client`);
const ERR_METHOD_NOT_IMPLEMENTED = coded('ERR_METHOD_NOT_IMPLEMENTED', Error,
  (name) => `The ${name} method is not implemented`);
const ERR_STREAM_NULL_VALUES = coded('ERR_STREAM_NULL_VALUES', TypeError, () => 'May not write null values to stream');
const ERR_STREAM_DESTROYED = coded('ERR_STREAM_DESTROYED', Error,
  (name) => `Cannot call ${name} after a stream was destroyed`);
const ERR_STREAM_WRITE_AFTER_END = coded('ERR_STREAM_WRITE_AFTER_END', Error, () => 'write after end');

// A function, as in Node.js: frameworks call it on objects of their own.
export function OutgoingMessage() {
  Stream.call(this);
  Object.assign(this, {
    outputData: [], outputSize: 0, writable: true, destroyed: false, finished: false, socket: null,
    chunkedEncoding: false, shouldKeepAlive: true, useChunkedEncodingByDefault: true, sendDate: false,
    _hasBody: true, _header: null, _headerSent: false, _trailer: '',
  });
  this[HEADERS] = new WrittenHeaders();
}
Object.setPrototypeOf(OutgoingMessage.prototype, Stream.prototype);
Object.setPrototypeOf(OutgoingMessage, Stream);

let isWarned = false;
function warn() {
  if (isWarned) return;
  isWarned = true;
  process.emitWarning('OutgoingMessage.prototype._headerNames is deprecated', 'DeprecationWarning', 'DEP0066');
}

function needUnsent(message, verb) {
  if (message._header) throw new ERR_HTTP_HEADERS_SENT(verb);
}

function checkChunk(chunk) {
  if (chunk === null) throw new ERR_STREAM_NULL_VALUES();
  if (typeof chunk !== 'string' && !(chunk instanceof Uint8Array)) {
    throw new ERR_INVALID_ARG_TYPE('chunk', ['string', 'Buffer', 'Uint8Array'], chunk);
  }
}

// Whether nothing can be written any more; the callback hears why.
function isRefused(message, done) {
  if (!message.destroyed && !message.finished) return false;
  const error = message.destroyed ? new ERR_STREAM_DESTROYED('write') : new ERR_STREAM_WRITE_AFTER_END();
  process.nextTick(() => {
    done(error);
    if (!message.destroyed) message.emit('error', error);
  });
  return true;
}

function write(message, chunk, encoding, done, isLast) {
  checkChunk(chunk);
  if (isRefused(message, done)) return false;
  if (!message._header) {
    if (isLast) message._contentLength = globalThis.Buffer.byteLength(chunk, encoding);
    message._implicitHeader();
  }
  if (!message._hasBody) {
    process.nextTick(done);
    return true;
  }
  if (!message.chunkedEncoding || chunk.length === 0) return message._send(chunk, encoding, done);
  message._send(`${globalThis.Buffer.byteLength(chunk, encoding).toString(16)}\r\n`, 'latin1');
  message._send(chunk, encoding);
  return message._send('\r\n', 'latin1', done);
}

const ignore = () => {};

const methods = {
  setHeader(name, value) {
    needUnsent(this, 'set');
    this[HEADERS].set(name, value);
    return this;
  },
  setHeaders(headers) {
    needUnsent(this, 'set');
    for (const [name, value] of headers) this.setHeader(name, value);
    return this;
  },
  appendHeader(name, value) {
    needUnsent(this, 'append');
    this[HEADERS].append(name, value);
    return this;
  },
  removeHeader(name) {
    needUnsent(this, 'remove');
    this[HEADERS].delete(name);
  },
  getHeader(name) { return this[HEADERS].get(name); },
  hasHeader(name) { return this[HEADERS].has(name); },
  getHeaders() { return this[HEADERS].all(); },
  getHeaderNames() { return this[HEADERS].names(); },
  getRawHeaderNames() { return this[HEADERS].rawNames(); },

  addTrailers(headers) {
    const entries = Array.isArray(headers) ? headers : Object.keys(headers).map((name) => [name, headers[name]]);
    for (const [name, value] of entries) {
      validateHeaderName(name, 'Trailer name');
      if (/[^\t\x20-\x7e\x80-\xff]/.test(value)) throw new ERR_INVALID_CHAR('trailer content', name);
      this._trailer += `${name}: ${value}\r\n`;
    }
  },

  setTimeout(milliseconds, listener) {
    if (listener) this.on('timeout', listener);
    if (this.socket) this.socket.setTimeout(milliseconds);
    else this.once('socket', (socket) => socket.setTimeout(milliseconds));
    return this;
  },

  destroy(error) {
    if (this.destroyed) return this;
    this.destroyed = true;
    if (this.socket) this.socket.destroy(error);
    else this.once('socket', (socket) => socket.destroy(error));
    return this;
  },

  write(chunk, encoding, done = ignore) {
    if (typeof encoding === 'function') return write(this, chunk, undefined, encoding, false);
    return write(this, chunk, encoding, done, false);
  },

  end(chunk, encoding, done) {
    if (typeof chunk === 'function') return this.end(undefined, undefined, chunk);
    if (typeof encoding === 'function') return this.end(chunk, undefined, encoding);
    if (this.finished) {
      if (done) process.nextTick(done, new ERR_STREAM_WRITE_AFTER_END());
      return this;
    }
    if (done) this.once('finish', done);
    if (chunk !== undefined && chunk !== null) write(this, chunk, encoding, ignore, true);
    else if (!this._header) {
      this._contentLength = 0;
      this._implicitHeader();
    }
    const last = this._hasBody && this.chunkedEncoding ? `0\r\n${this._trailer}\r\n` : '';
    this._send(last, 'latin1', () => this.emit('finish'));
    this.finished = true;
    return this;
  },

  flushHeaders() {
    if (!this._header) this._implicitHeader();
    this._send('');
  },

  cork() { this.socket?.cork?.(); },
  uncork() { this.socket?.uncork?.(); },
  pipe() { this.emit('error', coded('ERR_STREAM_CANNOT_PIPE', Error, () => 'Cannot pipe, not readable')()); },

  _implicitHeader() { throw new ERR_METHOD_NOT_IMPLEMENTED('_implicitHeader()'); },
  _renderHeaders() { return this[HEADERS].all(); },

  // The head, from its first line and all headers.
  _storeHeader(firstLine) {
    const headers = this[HEADERS];
    if (this.sendDate && !headers.has('date')) headers.set('Date', new Date().toUTCString());
    if (!headers.has('connection')) headers.set('Connection', this.shouldKeepAlive ? 'keep-alive' : 'close');
    const isSized = headers.has('content-length') || headers.has('transfer-encoding') || !this._hasBody;
    if (!isSized && this._contentLength !== undefined) headers.set('Content-Length', this._contentLength);
    else if (!isSized && this.useChunkedEncodingByDefault) headers.set('Transfer-Encoding', 'chunked');
    this.chunkedEncoding = /\bchunked\b/i.test(headers.get('transfer-encoding'));
    this._header = `${firstLine}${headers.lines().map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
  },

  // The head goes with what is first sent.
  _send(chunk, encoding, done) {
    if (!this._headerSent && this._header) {
      this._headerSent = true;
      if (typeof chunk === 'string' && (encoding === undefined || /^(utf-?8|latin1)$/i.test(encoding))) {
        return this._writeRaw(this._header + chunk, encoding, done);
      }
      this._writeRaw(this._header, 'latin1');
    }
    return this._writeRaw(chunk, encoding, done);
  },

  // What has no socket yet is kept for it.
  _writeRaw(chunk, encoding, done) {
    if (this.socket?.destroyed) return false;
    if (this.socket?._httpMessage === this && this.socket.writable) {
      this._flushOutput(this.socket);
      return this.socket.write(chunk, encoding, done);
    }
    this.outputData.push({ data: chunk, encoding, callback: done });
    this.outputSize += chunk.length;
    return false;
  },

  _flushOutput(socket) {
    const kept = this.outputData;
    this.outputData = [];
    this.outputSize = 0;
    for (const { data, encoding, callback } of kept) socket.write(data, encoding, callback);
  },
};

for (const [name, value] of Object.entries(methods)) {
  Object.defineProperty(OutgoingMessage.prototype, name, { value, writable: true, enumerable: true, configurable: true });
}
Object.defineProperties(OutgoingMessage.prototype, {
  connection: { get() { return this.socket; }, set(socket) { this.socket = socket; }, configurable: true },
  headersSent: { get() { return Boolean(this._header); }, enumerable: true, configurable: true },
  writableEnded: { get() { return this.finished; }, configurable: true },
  writableFinished: { get() { return this.finished && this.outputSize === 0; }, configurable: true },
  writableLength: { get() { return this.outputSize + (this.socket?.writableLength ?? 0); }, configurable: true },
  writableObjectMode: { get: () => false, configurable: true },
  _headerNames: {
    get() {
      warn();
      const names = Object.create(null);
      for (const name of this[HEADERS].rawNames()) names[name.toLowerCase()] = name;
      return names;
    },
    set(names) {
      warn();
      for (const [name, spelled] of Object.entries(names ?? {})) {
        const value = this[HEADERS].get(name);
        if (value !== undefined) this[HEADERS].set(spelled, value);
      }
    },
    configurable: true,
  },
});
