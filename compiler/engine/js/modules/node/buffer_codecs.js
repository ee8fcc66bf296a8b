// How do the bytes of a Buffer become text, and text bytes, at the speed of natives?
//
// Natives take well-formed text only; halves of surrogate pairs, which are rare, are done here.
import {
  asciiDecode, base64Decode, base64Encode, bytesCompare, bytesIndexOf, hexDecode, hexEncode, latin1Decode, latin1Encode,
  utf16Decode, utf16Encode,
} from 'sandglass:native';

const CHUNK = 4096;

function viewOf(bytes, start, end = bytes.length) {
  const from = Math.min(Math.max(start, 0) || 0, bytes.length);
  const length = Math.max(Math.min(end, bytes.length) - from, 0) || 0;
  return new Uint8Array(bytes.buffer, bytes.byteOffset + from, length);
}

// Puts as much as fits; says how much.
function put(bytes, target, offset = 0, length = Infinity) {
  const count = Math.min(bytes.length, length, target.length - offset);
  if (!(count > 0)) return 0;
  target.set(count === bytes.length ? bytes : bytes.subarray(0, count), offset);
  return count;
}

// ---- to text ---------------------------------------------------------------------------------------

export const asciiSlice = (bytes, start, end) => asciiDecode(viewOf(bytes, start, end));
export const base64Slice = (bytes, start, end) => base64Encode(viewOf(bytes, start, end), false);
export const base64urlSlice = (bytes, start, end) => base64Encode(viewOf(bytes, start, end), true);
export const hexSlice = (bytes, start, end) => hexEncode(viewOf(bytes, start || 0, end || bytes.length));
export const latin1Slice = (bytes, start, end) => latin1Decode(viewOf(bytes, start, end));

export function utf16leSlice(bytes, start, end) {
  const view = viewOf(bytes, start, end);
  return utf16Decode(view) ?? brokenText(view);
}

function brokenText(view) {
  const units = new Uint16Array(view.slice(0, view.length & ~1).buffer);
  let text = '';
  for (let at = 0; at < units.length; at += CHUNK) text += String.fromCharCode(...units.subarray(at, at + CHUNK));
  return text;
}

// ---- from text -------------------------------------------------------------------------------------

function unitsOf(text, Units) {
  return Units.from({ length: text.length }, (_, index) => text.charCodeAt(index));
}

export function asciiWrite(target, text, offset, length) {
  return put(text.isWellFormed() ? latin1Encode(text) : unitsOf(text, Uint8Array), target, offset, length);
}

export function base64Write(target, text, offset, length) {
  return put(base64Decode(text.toWellFormed()), target, offset, length);
}

export function hexWrite(target, text, offset, length) {
  const room = target.length - (Number(offset) || 0);
  const most = Math.min(length ? Number(length) : room, room, text.length >>> 1);
  return put(hexDecode(text.slice(0, Math.max(most, 0) * 2).toWellFormed()), target, Number(offset) || 0, most);
}

export function ucs2Write(target, text, offset = 0, length = Infinity) {
  const room = Math.min(length, target.length - offset) & ~1;
  const fitting = text.slice(0, Math.max(Math.min(length, target.length - offset), 0) >>> 1);
  const bytes = fitting.isWellFormed() ? utf16Encode(fitting) : new Uint8Array(unitsOf(fitting, Uint16Array).buffer);
  return put(bytes, target, offset, Number.isFinite(length) ? room : undefined);
}

// As Node.js guesses, by the length of the text alone.
export function base64ByteLength(text) {
  let length = text.length;
  if (text.endsWith('=')) length -= 1;
  if (length > 1 && text[length - 1] === '=') length -= 1;
  return Math.floor(length * 3 / 4);
}

// ---- bytes among bytes -----------------------------------------------------------------------------

export function compareSlices(one, start, end, other, otherStart, otherEnd) {
  return bytesCompare(viewOf(one, start, end), viewOf(other, otherStart, otherEnd));
}

const WIDE = ['ucs2', 'ucs-2', 'utf16le', 'utf-16le'];

// Where the pattern begins, from an offset on or, backwards, at it or before; -1 for nowhere.
export function arrayIndexOf(bytes, pattern, offset, encoding, isForward) {
  const step = encoding !== undefined && WIDE.includes(`${encoding}`.toLowerCase()) ? 2 : 1;
  if (bytes.byteLength < step || pattern.length < step) return -1;
  const view = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return bytesIndexOf(view, pattern, Math.floor(offset / step) * step, Boolean(isForward), step);
}

export function fillPattern(target, pattern, start, end) {
  const view = viewOf(target, start, end);
  let done = put(pattern, view);
  for (; done > 0 && done < view.length; done *= 2) view.copyWithin(done, 0, Math.min(done, view.length - done));
}

// ---- the methods of a Buffer that are named after an encoding ----------------------------------------

const SLICES = { asciiSlice, base64Slice, base64urlSlice, hexSlice, latin1Slice, ucs2Slice: utf16leSlice };

export function addSlices(Buffer) {
  for (const [name, slice] of Object.entries(SLICES)) {
    Buffer.prototype[name] = { [name](start = 0, end = this.length) { return slice(this, start, end); } }[name];
  }
  Buffer.prototype.utf8Slice = function utf8Slice(start = 0, end = this.length) {
    return this.toString('utf8', start, end);
  };
  Buffer.prototype.base64urlWrite = function base64urlWrite(text, offset, length) {
    return base64Write(this, text, offset, length);
  };
}

const NAMES = { utf8: 'utf8', 'utf-8': 'utf8', ucs2: 'utf16le', 'ucs-2': 'utf16le', utf16le: 'utf16le', 'utf-16le': 'utf16le',
  latin1: 'latin1', binary: 'latin1', ascii: 'ascii', 'us-ascii': 'ascii' };

// `buffer.transcode`: what the other encoding lacks becomes a question mark.
export function transcode(Buffer, source, from, to, refuse) {
  if (!(source instanceof Uint8Array)) throw refuse(source);
  const [one, other] = [NAMES[`${from}`.toLowerCase()], NAMES[`${to}`.toLowerCase()]];
  if (one === undefined || other === undefined) {
    const error = new Error('Unable to transcode Buffer [U_ILLEGAL_ARGUMENT_ERROR]');
    throw Object.assign(error, { code: 'U_ILLEGAL_ARGUMENT_ERROR', errno: 1 });
  }
  const text = Buffer.from(source.buffer, source.byteOffset, source.byteLength).toString(one);
  if (other !== 'latin1' && other !== 'ascii') return Buffer.from(text, other);
  const most = other === 'latin1' ? 0xFF : 0x7F;
  return Buffer.from(Array.from(text, (character) => (character.codePointAt(0) > most ? '?' : character)).join(''), 'latin1');
}
