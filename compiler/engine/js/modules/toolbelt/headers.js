// Header sets whose names keep their spelling and compare without case, as request has them.

export class Headers {
  constructor(values) {
    for (const name of Object.keys(values ?? {})) {
      if (values[name] !== undefined) this[name] = values[name];
    }
  }
}

// The spelling under which a header is set; `undefined` when it is not.
export function spelling(headers, name) {
  const wanted = name.toLowerCase();
  return Object.keys(headers).find((key) => key.toLowerCase() === wanted);
}

export function get(headers, name) {
  const key = spelling(headers, name);
  return key === undefined ? undefined : headers[key];
}

export function has(headers, name) {
  return spelling(headers, name) !== undefined;
}

export function set(headers, name, value) {
  headers[spelling(headers, name) ?? name] = value;
}

export function remove(headers, name) {
  delete headers[spelling(headers, name) ?? name];
}

const TOKEN = /^[\^_`a-zA-Z\-0-9!#$%&'*+.|~]+$/;
const INVALID = /[^\t\x20-\x7e\x80-\xff]/;
// The host writes these by itself, from the request as it goes out.
const HOST_WRITES = ['content-length', 'connection', 'transfer-encoding', 'keep-alive'];

function refuse(code, message) {
  const error = new TypeError(message);
  error.code = code;
  error.toString = () => `TypeError [${code}]: ${message}`;
  Object.defineProperty(error, 'toString', { enumerable: false });
  return error;
}

// `[name, value, …]` for the wire; of names that differ in case only, the last counts. Throws what
// Node.js throws for a malformed name or value.
export function flatten(headers) {
  const byName = new Map(Object.entries(headers).map((entry) => [entry[0].toLowerCase(), entry]));
  const flat = [];
  for (const [lowerCase, [name, values]] of byName) {
    if (!TOKEN.test(name)) {
      throw refuse('ERR_INVALID_HTTP_TOKEN', `Header name must be a valid HTTP token ["${name}"]`);
    }
    for (const value of [values].flat()) {
      const text = String(value);
      if (INVALID.test(text)) {
        throw refuse('ERR_INVALID_CHAR', `Invalid character in header content ["${name}"]`);
      }
      if (!HOST_WRITES.includes(lowerCase)) flat.push(name, text);
    }
  }
  return flat;
}

const ONCE = [
  'age', 'authorization', 'content-length', 'content-type', 'etag', 'expires', 'from', 'host',
  'if-modified-since', 'if-unmodified-since', 'last-modified', 'location', 'max-forwards',
  'proxy-authorization', 'referer', 'retry-after', 'server', 'user-agent',
];

// Adds a received header, to the ones of its name by the rules of Node.js.
export function collectLine(headers, field, value, isJoined = false) {
  const name = field.toLowerCase();
  if (name === 'set-cookie') (headers[name] ??= []).push(value);
  else if (headers[name] === undefined) headers[name] = value;
  else if (isJoined || !ONCE.includes(name)) headers[name] += (name === 'cookie' ? '; ' : ', ') + value;
}

// Received headers as an object.
export function collect(flat, isJoined = false) {
  const headers = {};
  for (let at = 0; at < flat.length; at += 2) collectLine(headers, flat[at], flat[at + 1], isJoined);
  return headers;
}
