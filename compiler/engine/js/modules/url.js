// The global `URL`, by the WHATWG URL standard; the engine's own parser does the work.
import { namespace, urlParse, urlSet } from 'sandglass:native';
import { linkQuery, readQuery, URLSearchParams } from 'sandglass:url_search_params';
import { coded, INSPECT, wellFormed } from 'sandglass:url_values';

export { URLSearchParams };

const PARTS = ['protocol', 'username', 'password', 'host', 'hostname', 'port', 'pathname', 'search', 'hash'];
// What Node.js says of a receiver that is no URL: of its private methods, and of its private fields.
const NO_URL = 'Receiver must be an instance of class URL';
const NO_FIELD = 'Cannot read private member #context from an object whose class did not declare it';

function parse(input, base) {
  return urlParse(wellFormed(input), base === undefined ? undefined : wellFormed(base));
}

export class URL {
  #parts;
  #query;

  constructor(input, base = undefined) {
    if (arguments.length === 0) {
      throw coded(TypeError, 'ERR_MISSING_ARGS', 'The "url" argument must be specified');
    }
    this.#parts = parse(input, base);
    if (this.#parts === undefined) {
      throw coded(TypeError, 'ERR_INVALID_URL', 'Invalid URL',
        base === undefined ? { input: `${input}` } : { input: `${input}`, base: `${base}` });
    }
  }

  static canParse(input, base) {
    if (arguments.length === 0) {
      throw coded(TypeError, 'ERR_MISSING_ARGS', 'The "url" argument must be specified');
    }
    return parse(input, base) !== undefined;
  }

  static parse(input, base) {
    return URL.canParse(input, base) ? new URL(input, base) : null;
  }

  get href() {
    URL.#check(this, NO_URL);
    return this.#parts.href;
  }

  set href(value) {
    URL.#check(this, NO_FIELD);
    const parts = urlSet(this.#parts.href, 'href', wellFormed(value));
    if (parts === undefined) {
      throw coded(TypeError, 'ERR_INVALID_URL', 'Invalid URL', { input: `${value}` });
    }
    this.#update(parts);
  }

  get origin() {
    URL.#check(this, NO_FIELD);
    const { origin } = this.#parts;
    // Only pages of the web have blobs that can be told by their addresses.
    return this.#parts.protocol === 'blob:' && !/^https?:/.test(origin) ? 'null' : origin;
  }

  get searchParams() {
    URL.#check(this, NO_FIELD);
    this.#query ??= linkQuery(this.#parts.search, (text) => {
      this.#parts = urlSet(this.#parts.href, 'search', text);
    });
    return this.#query;
  }

  toString() {
    URL.#check(this, NO_URL);
    return this.#parts.href;
  }

  toJSON() {
    URL.#check(this, NO_URL);
    return this.#parts.href;
  }

  #update(parts) {
    this.#parts = parts;
    if (this.#query !== undefined) readQuery(this.#query, parts.search);
  }

  [INSPECT](depth, options, inspect) {
    if (depth < 0) return this;
    const shown = { href: this.href, origin: this.origin };
    for (const part of [...PARTS.slice(0, -1), 'searchParams', 'hash']) shown[part] = this[part];
    if (options.showHidden) {
      shown[Symbol('context')] = namespace('sandglass:url_context').contextOf(this);
    }
    return `${(this.constructor ?? URL).name} ${inspect(shown, options)}`;
  }

  static createObjectURL(object) {
    return namespace('sandglass:url_objects').createObjectURL(object);
  }

  static revokeObjectURL(url) {
    if (arguments.length === 0) {
      throw coded(TypeError, 'ERR_MISSING_ARGS', 'The "url" argument must be specified');
    }
    namespace('sandglass:url_objects').revokeObjectURL(wellFormed(url));
  }

  static #check(it, message) {
    if (typeof it !== 'object' || it === null || !(#parts in it)) throw new TypeError(message);
  }

  static #accessor(part) {
    const of = {
      get [part]() {
        URL.#check(this, part === 'search' ? NO_URL : NO_FIELD);
        return this.#parts[part];
      },
      set [part](value) {
        URL.#check(this, NO_FIELD);
        this.#update(urlSet(this.#parts.href, part, wellFormed(value)));
      },
    };
    return Object.getOwnPropertyDescriptor(of, part);
  }

  static {
    for (const part of PARTS) Object.defineProperty(URL.prototype, part, URL.#accessor(part));
    for (const name of ['canParse', 'parse', 'createObjectURL', 'revokeObjectURL']) {
      Object.defineProperty(URL, name, { enumerable: true });
    }
    for (const part of ['href', 'origin', 'searchParams', 'toString', 'toJSON']) {
      Object.defineProperty(URL.prototype, part, { enumerable: true });
    }
    Object.defineProperty(URL.prototype, Symbol.toStringTag, { value: 'URL', configurable: true });
  }
}
