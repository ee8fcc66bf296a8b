// RSA (RFC 8017): the operations on numbers, which the host does, and the paddings around them.
import { power, randomSecret, rsaPrivate } from 'sandglass:native';
import { bitsOf, isSame, join, padded, trimmed, xor } from 'sandglass:crypto/bytes';
import { digest, findDigest } from 'sandglass:crypto/binding/digests';
import { NULL, OCTET_STRING, SEQUENCE, write, writeOid } from 'sandglass:crypto/der';
import { failed, openssl } from 'sandglass:crypto/errors';
import { writeRsaPrivate } from 'sandglass:crypto/key_formats';

function must(result) {
  if (typeof result === 'string') throw failed(result);
  return result;
}

const rsaError = (number, reason) => openssl(number, 'rsa routines', reason, `ERR_OSSL_RSA_${reason.toUpperCase().replace(/[ -]/g, '_')}`);
export const tooLargeForKey = () => rsaError('0200006E', 'data too large for key size');
const tooSmallForKey = () => rsaError('0200007A', 'data too small for key size');

export function modulusBytes({ n }) {
  return trimmed(n).length;
}

export function publicOperation(key, block) {
  const modulus = trimmed(key.n);
  if (block.length > modulus.length) throw rsaError('0200006C', 'data greater than mod len');
  const whole = padded(block, modulus.length);
  if (compare(whole, modulus) >= 0) throw rsaError('02000084', 'data too large for modulus');
  return must(power(whole, trimmed(key.e), modulus));
}

export function privateOperation(key, block) {
  const modulus = trimmed(key.n);
  if (block.length > modulus.length) throw rsaError('0200006C', 'data greater than mod len');
  const whole = padded(block, modulus.length);
  if (compare(whole, modulus) >= 0) throw rsaError('02000084', 'data too large for modulus');
  return must(rsaPrivate(writeRsaPrivate(key), whole));
}

function compare(a, b) {
  const at = a.findIndex((byte, index) => byte !== b[index]);
  return at === -1 ? 0 : a[at] - b[at];
}

// ---- encryption --------------------------------------------------------------------------------

// Random bytes without a zero.
function nonZero(length) {
  let bytes = new Uint8Array(0);
  while (bytes.length < length) bytes = join([bytes, randomSecret(length + 8).filter((byte) => byte !== 0)]);
  return bytes.subarray(0, length);
}

// Block type 1 is for signatures, 2 for encryption (RFC 8017, sections 7.2.1 and 9.2).
export function padPkcs1(type, data, length) {
  const count = length - data.length - 3;
  if (count < 8) throw tooLargeForKey();
  const padding = type === 1 ? new Uint8Array(count).fill(0xff) : nonZero(count);
  return join([Uint8Array.of(0, type), padding, Uint8Array.of(0), data]);
}

// Only what was signed is unpadded so: what is in it is public.
export function unpadPkcs1(block) {
  const end = block.indexOf(0, 2);
  if (block[0] !== 0 || block[1] !== 1 || end < 10 || block.subarray(2, end).some((byte) => byte !== 0xff)) {
    throw rsaError('02000072', 'padding check failed');
  }
  return block.subarray(end + 1);
}

function mgf1(hash, seed, length) {
  const parts = [];
  for (let count = 0, made = 0; made < length; count += 1) {
    const part = digest(hash, join([seed, Uint8Array.of(count >>> 24, count >>> 16, count >>> 8, count)]));
    parts.push(part);
    made += part.length;
  }
  return join(parts).subarray(0, length);
}

// RFC 8017, section 7.1.
export function padOaep(hash, label, data, length) {
  const { bytes } = findDigest(hash);
  const count = length - data.length - 2 * bytes - 2;
  if (count < 0) throw tooLargeForKey();
  const block = join([digest(hash, label), new Uint8Array(count), Uint8Array.of(1), data]);
  const seed = randomSecret(bytes);
  const masked = xor(block, mgf1(hash, seed, block.length));
  return join([Uint8Array.of(0), xor(seed, mgf1(hash, masked, bytes)), masked]);
}

// Looks at all of the block, whatever is wrong with it, and says no more than that something is.
export function unpadOaep(hash, label, block) {
  const { bytes } = findDigest(hash);
  const wrong = () => rsaError('02000079', 'oaep decoding error');
  if (block.length < 2 * bytes + 2) throw wrong();
  const masked = block.subarray(1 + bytes);
  const seed = xor(block.subarray(1, 1 + bytes), mgf1(hash, masked, bytes));
  const open = xor(masked, mgf1(hash, seed, masked.length));
  const expected = digest(hash, label);
  let bad = block[0];
  for (let at = 0; at < bytes; at += 1) bad |= open[at] ^ expected[at];
  let start = 0;
  let isFound = 0;
  for (let at = bytes; at < open.length; at += 1) {
    const isOne = open[at] === 1 ? 1 : 0;
    start += (1 - isFound) * isOne * (at + 1);
    bad |= (1 - isFound) * (1 - isOne) * open[at];
    isFound |= isOne;
  }
  if (bad !== 0 || isFound === 0) throw wrong();
  return open.slice(start);
}

export function wholeBlock(data, length) {
  if (data.length > length) throw tooLargeForKey();
  if (data.length < length) throw tooSmallForKey();
  return data;
}

// ---- signatures --------------------------------------------------------------------------------

// EMSA-PKCS1-v1_5 (RFC 8017, section 9.2).
export function encodePkcs1(name, hash, length) {
  const { oid } = findDigest(name);
  const algorithm = oid === undefined ? undefined : write(SEQUENCE, writeOid(oid), write(NULL));
  if (algorithm === undefined) throw openssl('1C80007A', 'Provider routines', 'invalid digest', 'ERR_OSSL_INVALID_DIGEST');
  const information = write(SEQUENCE, algorithm, write(OCTET_STRING, hash));
  if (length < information.length + 11) {
    throw rsaError('02000070', 'digest too big for rsa key');
  }
  return padPkcs1(1, information, length);
}

export const SALT_DIGEST = -1;
export const SALT_MAX = -2;

function saltFor(wanted, hashBytes, encodedBytes) {
  const most = encodedBytes - hashBytes - 2;
  const length = wanted === SALT_DIGEST ? hashBytes : wanted === SALT_MAX ? most : wanted;
  if (length > most || most < 0) throw tooLargeForKey();
  return length;
}

// EMSA-PSS (RFC 8017, section 9.1.1).
export function encodePss(key, { name, mgf, saltLength }, hash) {
  const bits = bitsOf(key.n) - 1;
  const length = Math.ceil(bits / 8);
  const salt = randomSecret(saltFor(saltLength, hash.length, length), 'a signature that draws random numbers');
  const check = digest(name, join([new Uint8Array(8), hash, salt]));
  const block = join([
    new Uint8Array(length - salt.length - hash.length - 2), Uint8Array.of(1), salt,
  ]);
  const masked = xor(block, mgf1(mgf, check, block.length));
  masked[0] &= 0xff >> (8 * length - bits);
  return join([masked, check, Uint8Array.of(0xbc)]);
}

// EMSA-PSS (RFC 8017, section 9.1.2); any salt will do unless one is wanted.
export function isPss(key, { name, mgf, saltLength }, hash, encoded) {
  const bits = bitsOf(key.n) - 1;
  const length = Math.ceil(bits / 8);
  const zeros = encoded.length - length;
  if (encoded.subarray(0, zeros).some((byte) => byte !== 0)) return false;
  const block = encoded.subarray(zeros);
  if (block.at(-1) !== 0xbc || length < hash.length + 2) return false;
  const masked = block.subarray(0, length - hash.length - 1);
  const check = block.subarray(masked.length, -1);
  if (masked[0] & ~(0xff >> (8 * length - bits)) & 0xff) return false;
  const open = xor(masked, mgf1(mgf, check, masked.length));
  open[0] &= 0xff >> (8 * length - bits);
  const start = open.findIndex((byte) => byte !== 0);
  if (open[start] !== 1) return false;
  const salt = open.subarray(start + 1);
  const wanted = saltLength === SALT_DIGEST ? hash.length : saltLength;
  if (wanted >= 0 && salt.length !== wanted) return false;
  return isSame(check, digest(name, join([new Uint8Array(8), hash, salt])));
}
