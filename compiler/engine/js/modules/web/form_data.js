// The global `FormData`, and the format `multipart/form-data` (RFC 7578) both ways.
import { digest, hexEncode, latin1Decode, latin1Encode, utf8Decode, utf8Encode } from 'sandglass:native';
import { Blob, blobBytes, concatenate, File } from 'sandglass:blob';
import { coded } from 'sandglass:coded';

const text = (value) => `${value}`.toWellFormed();

function entryOf(args, method) {
  if (args.length < 2) throw coded(TypeError, 'ERR_MISSING_ARGS', `FormData.${method} needs a name and a value`);
  const [name, value, fileName] = args;
  if (!(value instanceof Blob)) {
    if (args.length > 2) throw coded(TypeError, 'ERR_INVALID_ARG_TYPE', 'Only a Blob can have a file name');
    return [text(name), text(value)];
  }
  if (value instanceof File && fileName === undefined) return [text(name), value];
  return [text(name), new File([value], text(fileName ?? value.name ?? 'blob'), { type: value.type })];
}

export class FormData {
  #entries = [];

  constructor(form = undefined) {
    if (form !== undefined) {
      throw coded(TypeError, 'ERR_INVALID_ARG_TYPE', 'FormData takes no argument: there are no forms here');
    }
  }

  append(...args) { this.#entries.push(entryOf(args, 'append')); }

  set(...args) {
    const entry = entryOf(args, 'set');
    const first = this.#entries.findIndex(([name]) => name === entry[0]);
    if (first === -1) {
      this.#entries.push(entry);
    } else {
      this.#entries[first] = entry;
      this.#entries = this.#entries.filter(([name], at) => at <= first || name !== entry[0]);
    }
  }

  delete(name) { this.#entries = this.#entries.filter((entry) => entry[0] !== text(name)); }

  get(name) { return this.#entries.find((entry) => entry[0] === text(name))?.[1] ?? null; }

  getAll(name) { return this.#entries.filter((entry) => entry[0] === text(name)).map((entry) => entry[1]); }

  has(name) { return this.#entries.some((entry) => entry[0] === text(name)); }

  forEach(callback, thisArg) {
    for (const [name, value] of this) callback.call(thisArg, value, name, this);
  }

  * entries() { for (const entry of this.#entries) yield [...entry]; }

  * keys() { for (const [name] of this.#entries) yield name; }

  * values() { for (const [, value] of this.#entries) yield value; }

  static {
    const { prototype } = FormData;
    Object.defineProperty(prototype, Symbol.iterator, { value: prototype.entries, writable: true, configurable: true });
    Object.defineProperty(prototype, Symbol.toStringTag, { value: 'FormData', configurable: true });
  }
}

// HTML, section "multipart/form-data encoding algorithm": line ends are CRLF, and what would end the
// quoted name is escaped.
function lines(value) {
  return value.replace(/\r\n?|\n/g, '\r\n');
}

function quoted(value) {
  return `"${value.replaceAll('\n', '%0A').replaceAll('\r', '%0D').replaceAll('"', '%22')}"`;
}

function encodePart([name, value]) {
  const head = `Content-Disposition: form-data; name=${quoted(lines(name))}`;
  if (typeof value === 'string') return [utf8Encode(`${head}\r\n\r\n${lines(value)}\r\n`)];
  const type = value.type || 'application/octet-stream';
  const start = `${head}; filename=${quoted(value.name)}\r\nContent-Type: ${type}\r\n\r\n`;
  return [utf8Encode(start), blobBytes(value), utf8Encode('\r\n')];
}

// `{ bytes, type }` of a form as it is sent. What separates the parts is their hash: no part can hold
// it, and nothing random is kept where a form is made at the top level.
export function encodeForm(form) {
  const parts = Array.from(form, encodePart);
  const boundary = `formdata-${hexEncode(digest('sha256', concatenate(parts.flat())))}`;
  const start = utf8Encode(`--${boundary}\r\n`);
  const chunks = parts.flatMap((part) => [start, ...part]);
  const bytes = concatenate([...chunks, utf8Encode(`--${boundary}--\r\n`)]);
  return { bytes, type: `multipart/form-data; boundary=${boundary}` };
}

const BOUNDARY = /^multipart\/form-data\b.*;\s*boundary=(?:([^\s";]+)|"([^"]+)")/i;

function malformed() {
  return new TypeError('Failed to parse body as FormData.');
}

function unescaped(value) {
  const bytes = latin1Encode(value);
  return utf8Decode(bytes, 0, bytes.length).replace(/%0A/gi, '\n').replace(/%0D/gi, '\r').replaceAll('%22', '"');
}

function parsePart(part, form) {
  const end = part.indexOf('\r\n\r\n');
  if (end === -1) throw malformed();
  const head = part.slice(0, end);
  const body = latin1Encode(part.slice(end + 4));
  const parameter = (name) => new RegExp(`^content-disposition:[^\\r]*;\\s*${name}="([^"]*)"`, 'im').exec(head)?.[1];
  const name = parameter('name');
  if (name === undefined) throw malformed();
  const fileName = parameter('filename');
  if (fileName === undefined) {
    form.append(unescaped(name), utf8Decode(body, 0, body.length));
  } else {
    const type = /^content-type:\s*([^\r]*)/im.exec(head)?.[1] ?? 'text/plain';
    form.append(unescaped(name), new File([body], unescaped(fileName), { type }));
  }
}

// Reads a body by its content type. Searches it as text, a character a byte.
export function decodeForm(bytes, type) {
  const form = new FormData();
  if (/^application\/x-www-form-urlencoded\b/i.test(type)) {
    const query = new globalThis.URLSearchParams(utf8Decode(bytes, 0, bytes.length));
    for (const [name, value] of query) form.append(name, value);
    return form;
  }
  const [, plain, boundary = plain] = BOUNDARY.exec(type) ?? [];
  if (boundary === undefined) throw malformed();
  const parts = `\r\n${latin1Decode(bytes)}`.split(`\r\n--${boundary}`);
  if (!parts.at(-1).startsWith('--')) throw malformed();
  for (const part of parts.slice(1, -1)) parsePart(part.slice(2), form);
  return form;
}
