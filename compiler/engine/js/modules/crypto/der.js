// The Distinguished Encoding Rules (X.690) as far as keys need them.
import { hexDecode, hexEncode } from 'sandglass:native';
import { join, trimmed } from 'sandglass:crypto/bytes';

export const INTEGER = 0x02, BIT_STRING = 0x03, OCTET_STRING = 0x04, NULL = 0x05, OBJECT_ID = 0x06;
export const SEQUENCE = 0x30, SET = 0x31;

export class Malformed extends Error {}

export function malformed(what = 'it is not in DER') {
  return new Malformed(what);
}

// One value: its tag and its content, which may hold others.
class Value {
  constructor(tag, content, whole) {
    this.tag = tag;
    this.content = content;
    this.whole = whole;
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

  get string() { return String.fromCharCode(...this.content); }
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
  const end = start + length;
  if (!(end <= bytes.length)) throw malformed();
  return { value: new Value(tag, bytes.subarray(start, end), bytes.subarray(at, end)), end };
}

// The value that the bytes begin with.
export function readValue(bytes) {
  return readAt(bytes, 0).value;
}

// The items of the one sequence that the bytes are.
export function readSequence(bytes) {
  const value = readValue(bytes);
  if (value.tag !== SEQUENCE) throw malformed();
  return value.items;
}

export function write(tag, ...parts) {
  const content = join(parts);
  const { length } = content;
  const head = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return join([Uint8Array.of(tag, ...head), content]);
}

export function writeNumber(bytes) {
  const digits = trimmed(bytes);
  return write(INTEGER, digits.length === 0 || digits[0] >= 0x80 ? Uint8Array.of(0) : new Uint8Array(0), digits);
}

// A number that fits into 32 bits.
export function writeSmall(value) {
  return writeNumber(Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value));
}

export function writeBits(bytes) {
  return write(BIT_STRING, Uint8Array.of(0), bytes);
}

export function writeOid(hex) {
  return write(OBJECT_ID, hexDecode(hex));
}

// The bytes of a bit string, whose first says how many bits of the last are unused.
export function bits(value) {
  if (value?.tag !== BIT_STRING || value.content[0] !== 0) throw malformed();
  return value.content.subarray(1);
}

export function small(bytes) {
  return bytes.reduce((sum, byte) => sum * 256 + byte, 0);
}
