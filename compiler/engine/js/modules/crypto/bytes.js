// What the parts of `crypto` do with bytes.
import { Buffer } from 'buffer';

// A buffer with memory of its own.
export function FastBuffer(size) {
  return Buffer.alloc(size);
}

// The bytes of a view or a buffer, not copied.
export function bytesOf(data) {
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return new Uint8Array(data);
}

// A copy: what is given may change before it is used.
export function copyOf(data) {
  return bytesOf(data).slice();
}

// Text is bytes in an encoding; what it is for the old interfaces is UTF-8.
export function dataOf(data, encoding) {
  if (typeof data !== 'string') return copyOf(data);
  return bytesOf(Buffer.from(data, encoding === 'buffer' ? 'utf8' : encoding));
}

export function bufferOf(bytes) {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

// The bytes as an `ArrayBuffer` that holds nothing else.
export function arrayBufferOf(bytes) {
  const { buffer, byteOffset, byteLength } = bytes;
  return byteLength === buffer.byteLength ? buffer : buffer.slice(byteOffset, byteOffset + byteLength);
}

export function encoded(bytes, encoding) {
  const buffer = bufferOf(bytes);
  return encoding === undefined || encoding === 'buffer' || encoding === '' ? buffer : buffer.toString(encoding);
}

export function join(parts) {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

export function xor(a, b) {
  return a.map((byte, at) => byte ^ b[at]);
}

export function isSame(a, b) {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

export function trimmed(bytes) {
  const start = bytes.findIndex((byte) => byte !== 0);
  return start === -1 ? bytes.subarray(bytes.length) : bytes.subarray(start);
}

// A number with as many zeros before it as make it that long.
export function padded(number, length) {
  return join([new Uint8Array(Math.max(length - number.length, 0)), number]);
}

export function bigOf(bytes) {
  return bytes.length === 0 ? 0n : BigInt(`0x${bufferOf(bytes).toString('hex')}`);
}

export function bytesOfBig(number, length = 0) {
  const hex = number.toString(16);
  return padded(bytesOf(Buffer.from(hex.length % 2 ? `0${hex}` : hex, 'hex')), length);
}

export function bitsOf(number) {
  const bytes = trimmed(number);
  return bytes.length === 0 ? 0 : bytes.length * 8 - Math.clz32(bytes[0]) + 24;
}
