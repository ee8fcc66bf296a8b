// The headers of a message that is written: names keep their spelling and compare without case.
import { coded } from '__wasm_rquickjs_builtin/internal/errors';

const TOKEN = /^[\^_`a-zA-Z\-0-9!#$%&'*+.|~]+$/;
const INVALID = /[^\t\x20-\x7e\x80-\xff]/;
// The host writes these by itself, from the request as it goes out.
const HOST_WRITES = ['content-length', 'connection', 'transfer-encoding', 'keep-alive'];

const ERR_INVALID_HTTP_TOKEN = coded('ERR_INVALID_HTTP_TOKEN', TypeError,
  (label, token) => `${label} must be a valid HTTP token ["${token}"]`);
export const ERR_INVALID_CHAR = coded('ERR_INVALID_CHAR', TypeError,
  (label, name) => `Invalid character in ${label} ["${name}"]`);
const ERR_HTTP_INVALID_HEADER_VALUE = coded('ERR_HTTP_INVALID_HEADER_VALUE', TypeError,
  (value, name) => `Invalid value "${value}" for header "${name}"`);

export function validateHeaderName(name, label = 'Header name') {
  if (typeof name !== 'string' || !TOKEN.test(name)) throw new ERR_INVALID_HTTP_TOKEN(label, name);
}

export function validateHeaderValue(name, value) {
  if (value === undefined) throw new ERR_HTTP_INVALID_HEADER_VALUE(value, name);
  if (INVALID.test(String(value))) throw new ERR_INVALID_CHAR('header content', name);
}

export function validateMethod(method) {
  if (!TOKEN.test(method)) throw new ERR_INVALID_HTTP_TOKEN('Method', method);
}

export class WrittenHeaders {
  #byName = new Map();

  // From an object, or from an array of pairs or of names and values in turn.
  constructor(headers = {}) {
    const flat = Array.isArray(headers) ? headers.flat() : undefined;
    const entries = flat === undefined
      ? Object.entries(headers).filter(([, value]) => value !== undefined)
      : flat.flatMap((name, at) => (at % 2 === 0 ? [[name, flat[at + 1]]] : []));
    for (const [name, value] of entries) {
      if (flat !== undefined && this.has(name)) this.append(name, value);
      else this.set(name, value);
    }
  }

  set(name, value) {
    validateHeaderName(name);
    for (const one of [value].flat()) validateHeaderValue(name, one);
    this.#byName.set(name.toLowerCase(), [name, value]);
  }

  append(name, value) {
    const old = this.get(name);
    this.set(name, old === undefined ? value : [old, value].flat());
  }

  get(name) { return this.#byName.get(name.toLowerCase())?.[1]; }

  has(name) { return this.#byName.has(name.toLowerCase()); }

  delete(name) { this.#byName.delete(name.toLowerCase()); }

  names() { return [...this.#byName.keys()]; }

  rawNames() { return Array.from(this.#byName.values(), ([name]) => name); }

  // `{ name: value, … }`, names in lower case, without a prototype.
  all() {
    const all = Object.create(null);
    for (const [name, [, value]] of this.#byName) all[name] = value;
    return all;
  }

  // `[[name, value], …]`, a line for each value.
  lines() {
    return [...this.#byName.values()].flatMap(([name, values]) => [values].flat().map((value) => [name, String(value)]));
  }

  // `[name, value, …]` for the wire.
  flatten() {
    const sent = [...this.#byName].filter(([name]) => !HOST_WRITES.includes(name));
    return sent.flatMap(([, [name, values]]) => [values].flat().flatMap((value) => [name, String(value)]));
  }
}
