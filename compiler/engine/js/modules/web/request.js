// The global `Request`, by the Fetch standard.
import { namespace } from 'sandglass:native';
import { Body, extractBody } from 'sandglass:body';
import { Headers } from 'sandglass:headers';

const INSPECT = Symbol.for('nodejs.util.inspect.custom');
const TOKEN = /^[\^_`a-zA-Z\-0-9!#$%&'*+.|~]+$/;
const KNOWN_METHODS = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'POST', 'PUT'];
const REDIRECTS = ['follow', 'error', 'manual'];

// What code looks at and nothing here depends on: there is no browser around it.
const INDIFFERENT = {
  cache: 'default', credentials: 'same-origin', integrity: '', keepalive: false, mode: 'cors',
  referrer: 'about:client', referrerPolicy: '',
};

function requestMethod(given) {
  const method = `${given}`;
  const upper = method.toUpperCase();
  if (!TOKEN.test(method)) throw new TypeError(`'${method}' is not a valid HTTP method.`);
  if (['CONNECT', 'TRACE', 'TRACK'].includes(upper)) throw new TypeError(`'${method}' HTTP method is unsupported.`);
  return KNOWN_METHODS.includes(upper) ? upper : method;
}

function requestUrl(input) {
  const url = globalThis.URL.parse(input);
  if (url === null) throw new TypeError(`Failed to parse URL from ${input}`);
  if (url.username !== '' || url.password !== '') {
    throw new TypeError(`Request cannot be constructed from a URL that includes credentials: ${input}`);
  }
  return url.href;
}

function requestRedirect(redirect) {
  if (!REDIRECTS.includes(redirect)) {
    throw new TypeError(`Request: '${redirect}' is not a redirect mode; use one of ${REDIRECTS.join(', ')}.`);
  }
  return redirect;
}

function requestBody(source, init, method) {
  const given = init.body ?? null;
  if (given === null && source === undefined) return null;
  if (method === 'GET' || method === 'HEAD') {
    if (given !== null || source.body !== null) throw new TypeError('Request with GET/HEAD method cannot have body.');
    return null;
  }
  if (given === null) return source._cloneContent();
  const content = extractBody(given);
  if (content.stream !== null && init.duplex === undefined) {
    throw new TypeError('RequestInit: duplex option is required when sending a body.');
  }
  return content;
}

// A signal of the request's own, which follows the one that was given.
function requestSignal(given) {
  const { AbortController, AbortSignal } = namespace('sandglass:abort');
  if (given === undefined || given === null) return new AbortController().signal;
  if (typeof given.aborted !== 'boolean') {
    throw new TypeError('RequestInit: Expected signal to be an instance of AbortSignal.');
  }
  return AbortSignal.any([given]);
}

export class Request extends Body {
  #method;
  #url;
  #headers;
  #redirect;
  #signal;
  #indifferent;

  constructor(input, init = undefined) {
    const options = init ?? {};
    const source = input instanceof Request ? input : undefined;
    const method = requestMethod(options.method ?? source?.method ?? 'GET');
    const content = requestBody(source, options, method);
    super(content);
    this.#method = method;
    this.#url = source?.url ?? requestUrl(input);
    this.#headers = new Headers(options.headers ?? source?.headers);
    if (content?.type !== undefined && !this.#headers.has('content-type')) this.#headers.set('content-type', content.type);
    this.#redirect = requestRedirect(options.redirect ?? source?.redirect ?? 'follow');
    this.#signal = requestSignal('signal' in options ? options.signal : source?.signal);
    this.#indifferent = Object.fromEntries(Object.entries(INDIFFERENT)
      .map(([name, otherwise]) => [name, options[name] ?? source?.[name] ?? otherwise]));
  }

  get method() { return this.#method; }
  get url() { return this.#url; }
  get headers() { return this.#headers; }
  get redirect() { return this.#redirect; }
  get signal() { return this.#signal; }
  get duplex() { return 'half'; }
  get destination() { return ''; }

  clone() {
    const body = this._cloneContent();
    const { method, headers, redirect, signal } = this;
    return new Request(this.#url, { ...this.#indifferent, method, headers, redirect, signal, body, duplex: 'half' });
  }

  [INSPECT](depth, options, inspect) {
    const { method, url, headers, redirect, bodyUsed } = this;
    return `Request ${inspect({ method, url, headers, redirect, bodyUsed }, options)}`;
  }

  static {
    Object.defineProperty(Request.prototype, Symbol.toStringTag, { value: 'Request', configurable: true });
    for (const name of Object.keys(INDIFFERENT)) {
      Object.defineProperty(Request.prototype, name, {
        get() { return this.#indifferent[name]; }, enumerable: true, configurable: true,
      });
    }
  }
}
