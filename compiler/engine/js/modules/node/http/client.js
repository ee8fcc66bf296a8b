// `http.ClientRequest`: a request as a stream, over the host's HTTP import. It is sent when it ends.
import { httpSend, utf8Encode } from 'sandglass:native';
import { coded, ERR_INVALID_ARG_TYPE } from '__wasm_rquickjs_builtin/internal/errors';
import Writable from '__wasm_rquickjs_builtin/internal/streams/writable';
import { AbortError } from 'sandglass:stream_errors';
import { checkAgent } from 'sandglass:http/agent';
import { validateMethod, WrittenHeaders } from 'sandglass:http/headers';
import { received } from 'sandglass:http/incoming';
import { failure } from 'sandglass:toolbelt/errors';
import { forbidden } from 'sandglass:toolbelt/response';
import { urlToHttpOptions } from 'sandglass:url/http_options';

const DEFAULT_PORTS = { 'http:': 80, 'https:': 443 };
const UNSUPPORTED = ['cert', 'createConnection', 'key', 'lookup', 'pfx', 'socketPath'];

const ERR_INVALID_PROTOCOL = coded('ERR_INVALID_PROTOCOL', TypeError,
  (actual, expected) => `Protocol "${actual}" not supported. Expected "${expected}"`);
const ERR_UNESCAPED_CHARACTERS = coded('ERR_UNESCAPED_CHARACTERS', TypeError,
  (name) => `${name} contains unescaped characters`);
const ERR_HTTP_HEADERS_SENT = coded('ERR_HTTP_HEADERS_SENT', Error,
  (verb) => `Cannot ${verb} headers after they are sent to the client`);

// The options of a call, in whichever of its ways it was made.
export function requestOptions(input, options, callback) {
  if (typeof options === 'function') return requestOptions(input, undefined, options);
  if (typeof input === 'string') return { ...urlToHttpOptions(new globalThis.URL(input)), ...options, callback };
  if (input instanceof globalThis.URL) return { ...urlToHttpOptions(input), ...options, callback };
  return { ...input, ...options, callback };
}

function check(options, protocol) {
  const { agent, headers, host, hostname, insecureHTTPParser, method, path } = options;
  if (options.protocol && options.protocol !== protocol) throw new ERR_INVALID_PROTOCOL(options.protocol, protocol);
  for (const [name, value] of [['options.host', host], ['options.hostname', hostname], ['options.method', method]]) {
    if (value !== undefined && value !== null && typeof value !== 'string') {
      throw new ERR_INVALID_ARG_TYPE(name, ['string', 'undefined', 'null'], value);
    }
  }
  if (/[^\x21-\xff]/.test(path ?? '')) throw new ERR_UNESCAPED_CHARACTERS('Request path');
  const unsupported = UNSUPPORTED.find((name) => options[name]);
  if (unsupported !== undefined) {
    throw new Error(`options.${unsupported} is not supported: a lambda has no sockets of its own`);
  }
  if (Array.isArray(headers?.host)) throw new ERR_INVALID_ARG_TYPE('options.headers.host', 'string', headers.host);
  if (insecureHTTPParser !== undefined && typeof insecureHTTPParser !== 'boolean') {
    throw new ERR_INVALID_ARG_TYPE('options.insecureHTTPParser', 'boolean', insecureHTTPParser);
  }
  checkAgent(agent);
}

function socketHangUp() {
  return Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
}

function causeOf(answer, url) {
  if (answer.error !== 'timed-out') return failure(answer, url);
  return Object.assign(new Error(`connect ETIMEDOUT ${url}`), { code: 'ETIMEDOUT', syscall: 'connect' });
}

export class ClientRequest extends Writable {
  aborted = false;
  reusedSocket = false;
  finished = false;
  socket = null;
  res = null;
  #headers;
  #chunks = [];
  #isSent = false;
  #timer;
  #milliseconds = 0;

  constructor(options, protocol) {
    check(options, protocol);
    super({ autoDestroy: false });
    this.protocol = protocol;
    this.method = (options.method ?? 'GET').toUpperCase();
    validateMethod(this.method);
    this.host = options.hostname || options.host || 'localhost';
    this.port = options.port || options.defaultPort || DEFAULT_PORTS[protocol];
    this.path = options.path || '/';
    this.agent = options.agent;
    this.#headers = new WrittenHeaders(options.headers);
    if (options.auth && !this.#headers.has('authorization')) {
      this.#headers.set('Authorization', `Basic ${globalThis.Buffer.from(options.auth).toString('base64')}`);
    }
    if (options.callback) this.once('response', options.callback);
    this.#follow(options.signal);
    this.setTimeout(options.timeout ?? 0);
  }

  get headersSent() { return this.#isSent; }
  get connection() { return this.socket; }
  get maxHeadersCount() { return null; }

  setHeader(name, value) {
    if (this.#isSent) throw new ERR_HTTP_HEADERS_SENT('set');
    this.#headers.set(name, value);
    return this;
  }

  appendHeader(name, value) {
    if (this.#isSent) throw new ERR_HTTP_HEADERS_SENT('append');
    this.#headers.append(name, value);
    return this;
  }

  setHeaders(headers) {
    for (const [name, value] of headers) this.setHeader(name, value);
    return this;
  }

  removeHeader(name) {
    if (this.#isSent) throw new ERR_HTTP_HEADERS_SENT('remove');
    this.#headers.delete(name);
  }

  getHeader(name) { return this.#headers.get(name); }
  hasHeader(name) { return this.#headers.has(name); }
  getHeaders() { return this.#headers.all(); }
  getHeaderNames() { return this.#headers.names(); }
  getRawHeaderNames() { return this.#headers.rawNames(); }
  flushHeaders() {}
  _implicitHeader() { this.flushHeaders(); }
  setNoDelay() {}
  setSocketKeepAlive() {}

  // Emits `timeout` when no answer has come by then. As in Node.js, what follows is the caller's choice.
  setTimeout(milliseconds, listener) {
    if (typeof listener === 'function') this.once('timeout', listener);
    this.#milliseconds = Number(milliseconds);
    if (this.#isSent) this.#watch();
    return this;
  }

  abort() {
    if (this.aborted) return;
    this.aborted = true;
    globalThis.queueMicrotask(() => this.emit('abort'));
    this.destroy();
  }

  end(...args) {
    this.finished = true;
    return super.end(...args);
  }

  _write(chunk, encoding, done) {
    this.#chunks.push(chunk);
    done();
  }

  _final(done) {
    this.#isSent = true;
    this.#watch();
    this.#send().catch((error) => this.destroy(error));
    done();
  }

  // Without an answer, whoever waits for one hears why there is none.
  _destroy(error, done) {
    globalThis.clearTimeout(this.#timer);
    if (this.res !== null) this.res.destroy(error);
    done(error ?? (this.res === null ? socketHangUp() : null));
  }

  #follow(signal) {
    if (signal === undefined || signal === null) return;
    const stop = () => this.destroy(new AbortError(undefined, { cause: signal.reason }));
    if (signal.aborted) globalThis.queueMicrotask(stop);
    else signal.addEventListener('abort', stop, { once: true });
  }

  #watch() {
    globalThis.clearTimeout(this.#timer);
    if (this.#milliseconds > 0) this.#timer = globalThis.setTimeout(() => this.emit('timeout'), this.#milliseconds);
  }

  #url() {
    const host = this.host.includes(':') && !this.host.startsWith('[') ? `[${this.host}]` : this.host;
    return `${this.protocol}//${host}:${this.port}${this.path.startsWith('/') ? '' : '/'}${this.path}`;
  }

  async #send() {
    const url = this.#url();
    const body = globalThis.Buffer.concat(this.#chunks);
    this.#chunks = [];
    const answer = await httpSend({
      method: this.method, url, headers: this.#headers.flatten(), body, decompress: false,
    });
    if (this.destroyed) return;
    globalThis.clearTimeout(this.#timer);
    this.#receive(answer, url);
  }

  #receive(answer, url) {
    if (answer.error === undefined) {
      this.#respond(answer);
    } else if (answer.error === 'host-not-allowed' || answer.error === 'address-refused') {
      const refusal = forbidden(answer);
      this.#respond({ ...refusal, body: utf8Encode(refusal.body) });
    } else {
      this.destroy(causeOf(answer, url));
    }
  }

  // An answer that nobody listens for is read and forgotten, as in Node.js.
  #respond(answer) {
    this.res = received(answer, this);
    this.res.once('close', () => this.destroy());
    if (!this.emit('response', this.res)) this.res.resume();
  }
}
