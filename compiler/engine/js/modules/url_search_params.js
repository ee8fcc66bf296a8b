// The global `URLSearchParams`, by the WHATWG URL standard, and how a URL is tied to the query it shows.
import { formParse, formSerialize } from 'sandglass:native';
import { coded, invalidThis, INSPECT, wellFormed } from 'sandglass:url_values';

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

// The items as Node.js shows them: each on a line of its own when they do not fit into one.
function linesOf(items, breaks) {
  return breaks ? `\n  ${items.join(',\n  ')}` : ` ${items.join(', ')}`;
}

const ITERATOR = Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]()));
const INNER = Symbol();

class URLSearchParamsIterator {
  #pairs;
  #item;
  #at = 0;

  constructor(inner, pairs, item) {
    if (inner !== INNER) throw coded(TypeError, 'ERR_ILLEGAL_CONSTRUCTOR', 'Illegal constructor');
    this.#pairs = pairs;
    this.#item = item;
  }

  next() {
    URLSearchParamsIterator.#check(this);
    const pairs = this.#pairs();
    if (this.#at >= pairs.length) return { value: undefined, done: true };
    this.#at += 1;
    return { value: this.#item(pairs[this.#at - 1]), done: false };
  }

  [INSPECT](depth, options, inspect) {
    URLSearchParamsIterator.#check(this);
    if (depth < 0) return options.stylize('[Object]', 'special');
    const inner = depth === null ? options : { ...options, depth: depth - 1 };
    const items = this.#pairs().slice(this.#at).map(this.#item);
    const breaks = inspect(items, inner).includes('\n');
    return `${this[Symbol.toStringTag]} {${linesOf(items.map((item) => inspect(item, inner)), breaks)} }`;
  }

  static #check(it) {
    if (typeof it !== 'object' || it === null || !(#pairs in it)) throw invalidThis('URLSearchParamsIterator');
  }

  static {
    const { prototype } = URLSearchParamsIterator;
    Object.setPrototypeOf(prototype, ITERATOR);
    Object.defineProperty(prototype, 'next', { enumerable: true });
    Object.defineProperty(prototype, Symbol.toStringTag, { value: 'URLSearchParams Iterator', configurable: true });
    delete prototype.constructor;
  }
}

/** Makes the query of a URL; `changed` hears of each change. */
export let linkQuery;
/** Reads the query of a URL anew. */
export let readQuery;

export class URLSearchParams {
  #pairs;
  #changed = () => {};

  constructor(init) {
    this.#pairs = pairsOf(init);
  }

  get size() {
    URLSearchParams.#check(this);
    return this.#pairs.length;
  }

  append(name, value) {
    URLSearchParams.#check(this);
    needs(arguments, 'name', 'value');
    this.#set([...this.#pairs, [wellFormed(name), wellFormed(value)]]);
  }

  delete(name, value) {
    URLSearchParams.#check(this);
    needs(arguments, 'name');
    const matches = this.#matcher(name, value);
    this.#set(this.#pairs.filter((pair) => !matches(pair)));
  }

  get(name) {
    URLSearchParams.#check(this);
    needs(arguments, 'name');
    return this.#pairs.find(this.#matcher(name))?.[1] ?? null;
  }

  getAll(name) {
    URLSearchParams.#check(this);
    needs(arguments, 'name');
    return this.#pairs.filter(this.#matcher(name)).map((pair) => pair[1]);
  }

  has(name, value) {
    URLSearchParams.#check(this);
    needs(arguments, 'name');
    return this.#pairs.some(this.#matcher(name, value));
  }

  set(name, value) {
    URLSearchParams.#check(this);
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
    URLSearchParams.#check(this);
    const order = (a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0);
    this.#set(this.#pairs.toSorted(order));
  }

  forEach(callback, thisArg) {
    URLSearchParams.#check(this);
    if (typeof callback !== 'function') {
      throw coded(TypeError, 'ERR_INVALID_ARG_TYPE', 'The "callback" argument must be of type function.');
    }
    for (let at = 0; at < this.#pairs.length; at += 1) {
      const [name, value] = this.#pairs[at];
      callback.call(thisArg, value, name, this);
    }
  }

  // None of these asks another: packages make classes of this one with entries of their own.

  entries() {
    return URLSearchParams.#iterate(this, ([name, value]) => [name, value]);
  }

  keys() {
    return URLSearchParams.#iterate(this, ([name]) => name);
  }

  values() {
    return URLSearchParams.#iterate(this, ([, value]) => value);
  }

  toString() {
    URLSearchParams.#check(this);
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
    URLSearchParams.#check(this);
    if (depth < 0) return options.stylize('[Object]', 'special');
    const plain = { ...options, colors: false };
    const show = (inner) => this.#pairs.map(([name, value]) => `${inspect(name, inner)} => ${inspect(value, inner)}`);
    const name = this.constructor.name;
    const shown = show(options);
    if (shown.length === 0) return `${name} {}`;
    return `${name} {${linesOf(shown, show(plain).join(', ').length > options.breakLength)} }`;
  }

  static #check(it) {
    if (typeof it !== 'object' || it === null || !(#pairs in it)) throw invalidThis('URLSearchParams');
  }

  static #iterate(it, item) {
    URLSearchParams.#check(it);
    return new URLSearchParamsIterator(INNER, () => it.#pairs, item);
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
