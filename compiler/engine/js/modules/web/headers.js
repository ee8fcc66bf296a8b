// The global `Headers`, by the Fetch standard.
import { coded } from 'sandglass:coded';

const INSPECT = Symbol.for('nodejs.util.inspect.custom');
const TOKEN = /^[\^_`a-zA-Z\-0-9!#$%&'*+.|~]+$/;
// Latin-1 without the characters that end a header.
const VALUE = /^[^\0\r\n\u0100-\uffff]*$/;

function headerName(name) {
  const text = `${name}`;
  if (!TOKEN.test(text)) throw new TypeError(`Headers: "${text}" is an invalid header name.`);
  return text.toLowerCase();
}

function headerValue(name, value) {
  const text = `${value}`.replace(/^[\t\n\r ]+|[\t\n\r ]+$/g, '');
  if (!VALUE.test(text)) throw new TypeError(`Headers: "${name}" has a character in it that no header can hold.`);
  return text;
}

// Set by the class below.
let freeze;

export class Headers {
  // From a name in lower case to its values, in the order in which they came.
  #values = new Map();
  #isImmutable = false;

  constructor(init = undefined) {
    if (init === undefined) return;
    if (typeof init !== 'object' || init === null) {
      throw coded(TypeError, 'ERR_INVALID_ARG_TYPE', 'Headers: the argument must be an object or a sequence of pairs.');
    }
    for (const [name, value] of pairs(init)) this.append(name, value);
  }

  append(name, value) {
    const key = this.#writable(name);
    this.#values.set(key, [...(this.#values.get(key) ?? []), headerValue(key, value)]);
  }

  set(name, value) {
    const key = this.#writable(name);
    this.#values.set(key, [headerValue(key, value)]);
  }

  delete(name) { this.#values.delete(this.#writable(name)); }

  get(name) {
    const values = this.#values.get(headerName(name));
    return values === undefined ? null : values.join(', ');
  }

  has(name) { return this.#values.has(headerName(name)); }

  getSetCookie() { return [...(this.#values.get('set-cookie') ?? [])]; }

  forEach(callback, thisArg) {
    for (const [name, value] of this) callback.call(thisArg, value, name, this);
  }

  // Sorted by name; each `set-cookie` is an entry of its own.
  * entries() {
    for (const name of [...this.#values.keys()].sort()) {
      const values = this.#values.get(name);
      if (name === 'set-cookie') for (const value of values) yield [name, value];
      else yield [name, values.join(', ')];
    }
  }

  * keys() { for (const [name] of this) yield name; }

  * values() { for (const [, value] of this) yield value; }

  [INSPECT](depth, options, inspect) {
    return `Headers ${inspect(Object.fromEntries(this), options)}`;
  }

  #writable(name) {
    const key = headerName(name);
    if (this.#isImmutable) throw new TypeError('Headers: those of a response that was received cannot be changed.');
    return key;
  }

  static {
    const { prototype } = Headers;
    freeze = (headers) => { headers.#isImmutable = true; };
    Object.defineProperty(prototype, Symbol.iterator, { value: prototype.entries, writable: true, configurable: true });
    Object.defineProperty(prototype, Symbol.toStringTag, { value: 'Headers', configurable: true });
  }
}

function pairs(init) {
  if (typeof init[Symbol.iterator] !== 'function') return Object.entries(init);
  return Array.from(init, (pair) => {
    const items = typeof pair === 'object' && pair !== null ? [...pair] : [];
    if (items.length !== 2) throw new TypeError('Headers: each item of a sequence must be a pair of name and value.');
    return items;
  });
}

// Headers as they were received.
export function receivedHeaders(flat) {
  const headers = new Headers();
  for (let at = 0; at < flat.length; at += 2) headers.append(flat[at], flat[at + 1]);
  freeze(headers);
  return headers;
}

// The host writes these by itself, from the request as it goes out.
const HOST_WRITES = ['content-length', 'connection', 'transfer-encoding', 'keep-alive'];

// `[name, value, …]` for the wire.
export function sentHeaders(headers) {
  return [...headers].filter(([name]) => !HOST_WRITES.includes(name)).flat();
}
