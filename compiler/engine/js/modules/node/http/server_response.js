// `http.ServerResponse`: what a server answers. Nothing serves in a lambda; frameworks write to it all the same.
import { coded } from '__wasm_rquickjs_builtin/internal/errors';
import { OutgoingMessage } from 'sandglass:http/outgoing';
import { STATUS_CODES } from 'sandglass:http/status_codes';

const ERR_HTTP_HEADERS_SENT = coded('ERR_HTTP_HEADERS_SENT', Error,
  (verb) => `Cannot ${verb} headers after they are sent to the client`);
const ERR_HTTP_INVALID_STATUS_CODE = coded('ERR_HTTP_INVALID_STATUS_CODE', RangeError,
  (status) => `Invalid status code: ${status}`);
const ERR_HTTP_SOCKET_ASSIGNED = coded('ERR_HTTP_SOCKET_ASSIGNED', Error,
  () => 'ServerResponse has an already assigned socket');

export function ServerResponse(request) {
  OutgoingMessage.call(this);
  this.req = request;
  this.sendDate = true;
  this._hasBody = request.method !== 'HEAD';
  if (request.httpVersionMajor < 1 || request.httpVersionMinor < 1) {
    this.useChunkedEncodingByDefault = false;
    this.shouldKeepAlive = false;
  }
}
Object.setPrototypeOf(ServerResponse.prototype, OutgoingMessage.prototype);
Object.setPrototypeOf(ServerResponse, OutgoingMessage);

function setAll(response, headers) {
  const pairs = Array.isArray(headers) ? headers.flat() : Object.entries(headers).flat();
  for (let at = 0; at < pairs.length; at += 2) response.setHeader(pairs[at], pairs[at + 1]);
}

Object.assign(ServerResponse.prototype, {
  statusCode: 200,
  statusMessage: undefined,

  assignSocket(socket) {
    if (socket._httpMessage) throw new ERR_HTTP_SOCKET_ASSIGNED();
    socket._httpMessage = this;
    this.socket = socket;
    this.emit('socket', socket);
    this._flushOutput(socket);
  },

  detachSocket(socket) {
    socket._httpMessage = null;
    this.socket = null;
  },

  writeHead(status, reason, headers) {
    if (this._header) throw new ERR_HTTP_HEADERS_SENT('write');
    const code = status | 0;
    if (code < 100 || code > 999) throw new ERR_HTTP_INVALID_STATUS_CODE(status);
    const given = typeof reason === 'string' ? headers : reason;
    this.statusMessage = typeof reason === 'string' ? reason : this.statusMessage || STATUS_CODES[code] || 'unknown';
    this.statusCode = code;
    if (given) setAll(this, given);
    if (code === 204 || code === 304 || code < 200) this._hasBody = false;
    this._storeHeader(`HTTP/1.1 ${code} ${this.statusMessage}\r\n`);
    return this;
  },

  _implicitHeader() { this.writeHead(this.statusCode); },
});
