// The Distinguished Encoding Rules (X.690) as far as keys need them, and PEM (RFC 7468) around them.
import { base64Decode, base64Encode, hexEncode } from 'sandglass:native';
import { concatenate } from 'sandglass:blob';

export const INTEGER = 0x02, BIT_STRING = 0x03, OCTET_STRING = 0x04, NULL = 0x05, OBJECT_ID = 0x06, SEQUENCE = 0x30;

export function malformed(what = 'it is not in DER') {
  return Object.assign(new Error(`The key cannot be read: ${what}`), { code: 'ERR_OSSL_UNSUPPORTED' });
}

// One value: its tag and its content, which may hold others.
class Value {
  constructor(tag, content) {
    this.tag = tag;
    this.content = content;
  }

  // The values inside.
  get items() {
    const items = [];
    for (let at = 0; at < this.content.length;) {
      const { value, end } = readAt(this.content, at);
      items.push(value);
      at = end;
    }
    return items;
  }

  // A number without leading zeros.
  get number() {
    if (this.tag !== INTEGER) throw malformed();
    return trimmed(this.content);
  }

  get text() { return hexEncode(this.content); }
}

export function trimmed(bytes) {
  const start = bytes.findIndex((byte) => byte !== 0);
  return start === -1 ? bytes.subarray(bytes.length) : bytes.subarray(start);
}

function readAt(bytes, at) {
  const tag = bytes[at];
  let length = bytes[at + 1];
  let start = at + 2;
  if (length >= 0x80) {
    const count = length & 0x7f;
    if (count === 0 || count > 3) throw malformed();
    length = bytes.subarray(start, start + count).reduce((sum, byte) => sum * 256 + byte, 0);
    start += count;
  }
  if (!(start + length <= bytes.length)) throw malformed();
  return { value: new Value(tag, bytes.subarray(start, start + length)), end: start + length };
}

// The items of the one sequence that the bytes are.
export function readSequence(bytes) {
  const { value } = readAt(bytes, 0);
  if (value.tag !== SEQUENCE) throw malformed();
  return value.items;
}

export function write(tag, ...parts) {
  const content = concatenate(parts);
  const { length } = content;
  const head = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return concatenate([Uint8Array.of(tag, ...head), content]);
}

export function writeNumber(bytes) {
  const digits = trimmed(bytes);
  return write(INTEGER, digits.length === 0 || digits[0] >= 0x80 ? Uint8Array.of(0) : new Uint8Array(0), digits);
}

export function writeBits(bytes) {
  return write(BIT_STRING, Uint8Array.of(0), bytes);
}

// The bytes of a bit string, whose first says how many bits of the last are unused.
export function bits(value) {
  if (value?.tag !== BIT_STRING || value.content[0] !== 0) throw malformed();
  return value.content.subarray(1);
}

// The first block of a PEM text: `{ label, bytes }`; `undefined` when there is none.
export function readPem(text) {
  const [, label, body] = /-----BEGIN ([^-\r\n]+)-----([^]*?)-----END \1-----/.exec(text) ?? [];
  if (label === undefined) return undefined;
  if (/ENCRYPTED/.test(label + body)) {
    throw malformed('it is encrypted, which is not supported; store it decrypted as a secret');
  }
  return { label, bytes: base64Decode(body) };
}

export function writePem(label, bytes) {
  const lines = base64Encode(bytes, false).match(/.{1,64}/g).join('\n');
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}
