// The globals `URL` and `URLSearchParams`, by the WHATWG URL standard; the engine's own parser does
// the work.
import { formParse, formSerialize, urlParse, urlSet } from 'sandglass:native';

const INSPECT = Symbol.for('nodejs.util.inspect.custom');
const PARTS = ['protocol', 'username', 'password', 'host', 'hostname', 'port', 'pathname', 'search', 'hash'];

function coded(Type, code, message, properties) {
  return Object.assign(new Type(message), { code }, properties);
}

function wellFormed(value) {
  return `${value}`.toWellFormed();
}

function parse(input, base) {
  return urlParse(wellFormed(input), base === undefined ? undefined : wellFormed(base));
}

// Set by the classes below: the way between a URL and the query that shows it.
let linkQuery;
let readQuery;

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
    return this.#parts.href;
  }

  set href(value) {
    const parts = urlSet(this.#parts.href, 'href', wellFormed(value));
    if (parts === undefined) {
      throw coded(TypeError, 'ERR_INVALID_URL', 'Invalid URL', { input: `${value}` });
    }
    this.#update(parts);
  }

  get origin() {
    const { origin } = this.#parts;
    // Only pages of the web have blobs that can be told by their addresses.
    return this.#parts.protocol === 'blob:' && !/^https?:/.test(origin) ? 'null' : origin;
  }

  get searchParams() {
    this.#query ??= linkQuery(this.#parts.search, (text) => {
      this.#parts = urlSet(this.#parts.href, 'search', text);
    });
    return this.#query;
  }

  toString() {
    return this.#parts.href;
  }

  toJSON() {
    return this.#parts.href;
  }

  #update(parts) {
    this.#parts = parts;
    if (this.#query !== undefined) readQuery(this.#query, parts.search);
  }

  [INSPECT](depth, options, inspect) {
    if (depth < 0) return '[URL]';
    const shown = { __proto__: null, href: this.href, origin: this.origin };
    for (const part of [...PARTS.slice(0, -1), 'searchParams', 'hash']) shown[part] = this[part];
    return `URL ${inspect(shown, options).replace(/^\[Object: null prototype\] /, '')}`;
  }

  static {
    for (const part of PARTS) {
      Object.defineProperty(URL.prototype, part, {
        get() { return this.#parts[part]; },
        set(value) { this.#update(urlSet(this.#parts.href, part, wellFormed(value))); },
        enumerable: true,
        configurable: true,
      });
    }
    for (const part of ['href', 'origin', 'searchParams', 'toString', 'toJSON']) {
      Object.defineProperty(URL.prototype, part, { enumerable: true });
    }
    Object.defineProperty(URL.prototype, Symbol.toStringTag, { value: 'URL', configurable: true });
  }
}

function pairsOf(init) {
  if (init === undefined || init === null) return [];
  if (typeof init !== 'object' && typeof init !== 'function') {
    return paired(formParse(wellFormed(init).replace(/^\?/, '')));
  }
  const iterate = init[Symbol.iterator];
  if (iterate === undefined || iterate === null) {
    const named = Reflect.ownKeys(init).filter((key) => Object.prototype.propertyIsEnumerable.call(init, key))
      .map((key) => [wellFormed(key), wellFormed(init[key])]);
    // Two names may be one when they are well-formed.
    return [...new Map(named)];
  }
  if (typeof iterate !== 'function') {
    throw coded(TypeError, 'ERR_ARG_NOT_ITERABLE', 'Query pairs must be iterable');
  }
  return Array.from(init, (pair) => {
    const items = typeof pair?.[Symbol.iterator] === 'function' && typeof pair !== 'string' ? [...pair] : [];
    if (items.length !== 2) {
      throw coded(TypeError, 'ERR_INVALID_TUPLE', 'Each query pair must be an iterable [name, value] tuple');
    }
    return items.map(wellFormed);
  });
}

function paired(flat) {
  const pairs = [];
  for (let at = 0; at < flat.length; at += 2) pairs.push([flat[at], flat[at + 1]]);
  return pairs;
}

function needs(given, ...names) {
  if (given.length >= names.length) return;
  const list = names.map((name) => `"${name}"`).join(' and ');
  throw coded(TypeError, 'ERR_MISSING_ARGS',
    `The ${list} ${names.length > 1 ? 'arguments' : 'argument'} must be specified`);
}

export class URLSearchParams {
  #pairs;
  #changed = () => {};

  constructor(init) {
    this.#pairs = pairsOf(init);
  }

  get size() {
    return this.#pairs.length;
  }

  append(name, value) {
    needs(arguments, 'name', 'value');
    this.#set([...this.#pairs, [wellFormed(name), wellFormed(value)]]);
  }

  delete(name, value) {
    needs(arguments, 'name');
    const matches = this.#matcher(name, value);
    this.#set(this.#pairs.filter((pair) => !matches(pair)));
  }

  get(name) {
    needs(arguments, 'name');
    return this.#pairs.find(this.#matcher(name))?.[1] ?? null;
  }

  getAll(name) {
    needs(arguments, 'name');
    return this.#pairs.filter(this.#matcher(name)).map((pair) => pair[1]);
  }

  has(name, value) {
    needs(arguments, 'name');
    return this.#pairs.some(this.#matcher(name, value));
  }

  set(name, value) {
    needs(arguments, 'name', 'value');
    const matches = this.#matcher(name);
    const first = this.#pairs.findIndex(matches);
    const pair = [wellFormed(name), wellFormed(value)];
    if (first === -1) {
      this.#set([...this.#pairs, pair]);
    } else {
      const rest = this.#pairs.slice(first + 1).filter((other) => !matches(other));
      this.#set([...this.#pairs.slice(0, first), pair, ...rest]);
    }
  }

  sort() {
    const order = (a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0);
    this.#set(this.#pairs.toSorted(order));
  }

  forEach(callback, thisArg) {
    if (typeof callback !== 'function') {
      throw coded(TypeError, 'ERR_INVALID_ARG_TYPE', 'The "callback" argument must be of type function.');
    }
    for (let at = 0; at < this.#pairs.length; at += 1) {
      const [name, value] = this.#pairs[at];
      callback.call(thisArg, value, name, this);
    }
  }

  // None of these asks another: packages make classes of this one with entries of their own.

  * entries() {
    for (let at = 0; at < this.#pairs.length; at += 1) yield [...this.#pairs[at]];
  }

  * keys() {
    for (let at = 0; at < this.#pairs.length; at += 1) yield this.#pairs[at][0];
  }

  * values() {
    for (let at = 0; at < this.#pairs.length; at += 1) yield this.#pairs[at][1];
  }

  toString() {
    return formSerialize(this.#pairs.flat());
  }

  #matcher(name, value) {
    const wantedName = wellFormed(name);
    if (value === undefined) return (pair) => pair[0] === wantedName;
    const wantedValue = wellFormed(value);
    return (pair) => pair[0] === wantedName && pair[1] === wantedValue;
  }

  #set(pairs) {
    this.#pairs = pairs;
    this.#changed(this.toString());
  }

  [INSPECT](depth, options, inspect) {
    if (depth < 0) return '[Object]';
    const pairs = this.#pairs.map(([name, value]) => `${inspect(name, options)} => ${inspect(value, options)}`);
    return pairs.length === 0 ? 'URLSearchParams {}' : `URLSearchParams { ${pairs.join(', ')} }`;
  }

  static {
    const { prototype } = URLSearchParams;
    prototype[Symbol.iterator] = prototype.entries;
    for (const name of Object.getOwnPropertyNames(prototype)) {
      if (name !== 'constructor') Object.defineProperty(prototype, name, { enumerable: true });
    }
    Object.defineProperty(prototype, Symbol.iterator, { enumerable: false });
    Object.defineProperty(prototype, Symbol.toStringTag, { value: 'URLSearchParams', configurable: true });

    linkQuery = (search, changed) => {
      const query = new URLSearchParams(search);
      query.#changed = changed;
      return query;
    };
    readQuery = (query, search) => {
      query.#pairs = pairsOf(search);
    };
  }
}
