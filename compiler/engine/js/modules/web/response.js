// The global `Response`, by the Fetch standard.
import { Body, Content, extractBody } from 'sandglass:body';
import { Headers, receivedHeaders } from 'sandglass:headers';

const INSPECT = Symbol.for('nodejs.util.inspect.custom');
const WITHOUT_BODY = [101, 103, 204, 205, 304];
const REDIRECTS = [301, 302, 303, 307, 308];

// Set by the class below.
let make;

function responseStatus(status) {
  const code = Number(status);
  if (!Number.isInteger(code) || code < 200 || code > 599) {
    throw new RangeError('init["status"] must be in the range of 200 to 599, inclusive.');
  }
  return code;
}

function statusLine(text) {
  if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(text)) throw new TypeError('Invalid statusText');
  return `${text}`;
}

export class Response extends Body {
  #status = 200;
  #statusText = '';
  #headers;
  #type = 'default';
  #url = '';
  #isRedirected = false;

  constructor(body = null, { status = 200, statusText = '', headers } = {}) {
    const code = responseStatus(status);
    const content = body === null ? null : extractBody(body);
    if (content !== null && WITHOUT_BODY.includes(code)) {
      throw new TypeError(`Response with null body status (${code}) cannot have body`);
    }
    super(content);
    this.#status = code;
    this.#statusText = statusLine(statusText);
    this.#headers = new Headers(headers);
    if (content?.type !== undefined && !this.#headers.has('content-type')) this.#headers.set('content-type', content.type);
  }

  static error() {
    return make(null, { status: 0, statusText: '', headers: receivedHeaders([]), type: 'error' });
  }

  static json(data, init = {}) {
    const text = JSON.stringify(data);
    if (text === undefined) throw new TypeError('The data is not JSON serializable');
    const headers = new Headers(init.headers);
    if (!headers.has('content-type')) headers.set('content-type', 'application/json');
    return new Response(text, { ...init, headers });
  }

  static redirect(url, status = 302) {
    if (!REDIRECTS.includes(status)) throw new RangeError(`Invalid status code ${status}`);
    return new Response(null, { status, headers: { location: new globalThis.URL(url).href } });
  }

  get status() { return this.#status; }
  get statusText() { return this.#statusText; }
  get ok() { return this.#status >= 200 && this.#status <= 299; }
  get headers() { return this.#headers; }
  get type() { return this.#type; }
  get url() { return this.#url; }
  get redirected() { return this.#isRedirected; }

  clone() {
    const { status, statusText, headers, type, url, redirected } = this;
    return make(this._cloneContent(), { status, statusText, headers: new Headers(headers), type, url, redirected });
  }

  [INSPECT](depth, options, inspect) {
    const { status, statusText, headers, bodyUsed, ok, redirected, type, url } = this;
    return `Response ${inspect({ status, statusText, headers, bodyUsed, ok, redirected, type, url }, options)}`;
  }

  #become({ status, statusText, headers, type, url = '', redirected = false }) {
    this.#status = status;
    this.#statusText = statusText;
    this.#headers = headers;
    this.#type = type;
    this.#url = url;
    this.#isRedirected = redirected;
    return this;
  }

  static {
    make = (content, properties) => new Response(content).#become(properties);
    Object.defineProperty(Response.prototype, Symbol.toStringTag, { value: 'Response', configurable: true });
  }
}

// The response to `method` from what the host received.
export function receivedResponse({ status, reason, headers, body }, { method, url, redirected }) {
  const hasBody = method !== 'HEAD' && !WITHOUT_BODY.includes(status);
  const properties = { status, statusText: reason, headers: receivedHeaders(headers), type: 'basic', url, redirected };
  return make(hasBody ? new Content({ bytes: body }) : null, properties);
}
