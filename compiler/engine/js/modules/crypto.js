// `require('crypto')`: hashing, randomness, keys and signatures. The host hashes and signs; nothing random
// is ever kept.
import {
  digest as hashNow, hmac as hmacNow, hexEncode, namespace, randomFill as randomBytesNow,
} from 'sandglass:native';
import { Buffer } from 'buffer';
import {
  ERR_CRYPTO_HASH_FINALIZED, ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH, ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE,
  ERR_OUT_OF_RANGE,
} from '__wasm_rquickjs_builtin/internal/errors';
import {
  createPrivateKey, createPublicKey, createSecretKey, keyMaterial, KeyObject,
} from 'sandglass:crypto/keys';
import { crypto as webcrypto } from 'sandglass:web_crypto';

const HASHES = ['md5', 'sha1', 'sha256', 'sha384', 'sha512'];
const RANDOM_INT_SPAN_MAX = 2 ** 48;

// `sha256` for any of `SHA256`, `sha-256` and `RSA-SHA256`.
function hashName(name) {
  if (typeof name !== 'string') throw new ERR_INVALID_ARG_TYPE('algorithm', 'string', name);
  const found = name.toLowerCase().replace(/^rsa-/, '').replace(/^sha-/, 'sha');
  return HASHES.includes(found) ? found : undefined;
}

function bytesOf(name, data, encoding) {
  if (data instanceof KeyObject) return keyMaterial(data);
  if (typeof data === 'string') return Buffer.from(data, encoding === 'buffer' ? 'utf8' : encoding);
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  throw new ERR_INVALID_ARG_TYPE(name, ['string', 'Buffer', 'TypedArray', 'DataView'], data);
}

function asBuffer(bytes) {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function encoded(bytes, encoding) {
  const buffer = asBuffer(bytes);
  return encoding === undefined || encoding === 'buffer' ? buffer : buffer.toString(encoding);
}

// What `Hash` and `Hmac` have in common: the data until it is hashed at once.
class Gathering {
  #chunks = [];
  #isDone = false;

  update(data, encoding) {
    if (this.#isDone) throw new ERR_CRYPTO_HASH_FINALIZED();
    this.#chunks.push(bytesOf('data', data, encoding).slice());
    return this;
  }

  get _isDone() {
    return this.#isDone;
  }

  _take() {
    this.#isDone = true;
    const chunks = this.#chunks;
    this.#chunks = [];
    return chunks.length === 1 ? chunks[0] : new Uint8Array(Buffer.concat(chunks));
  }

  _copyTo(other) {
    if (this.#isDone) throw new ERR_CRYPTO_HASH_FINALIZED();
    other.#chunks = [...this.#chunks];
    return other;
  }
}

export class Hash extends Gathering {
  #name;

  constructor(name) {
    super();
    this.#name = name;
  }

  digest(encoding) {
    if (this._isDone) throw new ERR_CRYPTO_HASH_FINALIZED();
    return encoded(hashNow(this.#name, this._take()), encoding);
  }

  copy() {
    return this._copyTo(new Hash(this.#name));
  }
}

export class Hmac extends Gathering {
  #name;
  #key;

  constructor(name, key) {
    super();
    this.#name = name;
    this.#key = key;
  }

  // A second time gives nothing, as in Node.js.
  digest(encoding) {
    const mac = this._isDone ? new Uint8Array(0) : hmacNow(this.#name, this.#key, this._take());
    return encoded(mac, encoding);
  }
}

export function createHash(algorithm) {
  const name = hashName(algorithm);
  if (name === undefined) {
    throw new Error('Digest method not supported');
  }
  return new Hash(name);
}

export function createHmac(algorithm, key) {
  if (key instanceof KeyObject && key.type !== 'secret') {
    throw new ERR_INVALID_ARG_VALUE('key', `[a ${key.type} key]`, 'must be a secret key');
  }
  const name = hashName(algorithm);
  if (name === undefined) {
    throw Object.assign(new TypeError(`Invalid digest: ${algorithm}`), { code: 'ERR_CRYPTO_INVALID_DIGEST' });
  }
  return new Hmac(name, bytesOf('key', key).slice());
}

export function hash(algorithm, data, encoding = 'hex') {
  return createHash(algorithm).update(data).digest(encoding);
}

export function getHashes() {
  return [...HASHES];
}

function size(name, value, most) {
  if (typeof value !== 'number') throw new ERR_INVALID_ARG_TYPE(name, 'number', value);
  if (!(value >= 0 && value <= most)) throw new ERR_OUT_OF_RANGE(name, `>= 0 && <= ${most}`, value);
  return Math.trunc(value);
}

// Calls back in its own turn where there is a callback.
function answer(callback, compute) {
  if (callback === undefined) return compute();
  if (typeof callback !== 'function') throw new ERR_INVALID_ARG_TYPE('callback', 'function', callback);
  const result = compute();
  globalThis.setImmediate(() => callback(null, result));
  return undefined;
}

export function randomBytes(length, callback) {
  const count = size('size', length, 2 ** 31 - 1);
  return answer(callback, () => asBuffer(randomBytesNow(count)));
}

export const pseudoRandomBytes = randomBytes;

export function randomFillSync(view, offset = 0, length = undefined) {
  if (!ArrayBuffer.isView(view) && !(view instanceof ArrayBuffer)) {
    throw new ERR_INVALID_ARG_TYPE('buf', ['ArrayBuffer', 'ArrayBufferView'], view);
  }
  const unit = view.BYTES_PER_ELEMENT ?? 1;
  const start = size('offset', offset * unit, view.byteLength);
  const count = length === undefined ? view.byteLength - start : size('size', length * unit, view.byteLength - start);
  new Uint8Array(view.buffer ?? view, (view.byteOffset ?? 0) + start, count).set(randomBytesNow(count));
  return view;
}

export function randomFill(view, ...rest) {
  const callback = rest.pop();
  if (typeof callback !== 'function') throw new ERR_INVALID_ARG_TYPE('callback', 'function', callback);
  answer(callback, () => randomFillSync(view, ...rest));
}

// Uniform: draws again where the remainder of 48 bits would favour small numbers.
function draw(min, max) {
  const span = max - min;
  const limit = RANDOM_INT_SPAN_MAX - (RANDOM_INT_SPAN_MAX % span);
  for (;;) {
    const value = asBuffer(randomBytesNow(6)).readUIntBE(0, 6);
    if (value < limit) return min + (value % span);
  }
}

export function randomInt(min, max, callback) {
  if (max === undefined || typeof max === 'function') return randomInt(0, min, max);
  for (const [name, value] of [['min', min], ['max', max]]) {
    if (!Number.isSafeInteger(value)) throw new ERR_INVALID_ARG_TYPE(name, 'a safe integer', value);
  }
  if (max <= min) {
    throw new ERR_OUT_OF_RANGE('max', `greater than the value of "min" (${min})`, max);
  }
  if (max - min >= RANDOM_INT_SPAN_MAX) {
    throw new ERR_OUT_OF_RANGE('max - min', `<= ${RANDOM_INT_SPAN_MAX - 1}`, max - min);
  }
  return answer(callback, () => draw(min, max));
}

export function randomUUID() {
  return webcrypto.randomUUID();
}

export function getRandomValues(view) {
  return webcrypto.getRandomValues(view);
}

export function timingSafeEqual(a, b) {
  const [left, right] = [['buf1', a], ['buf2', b]].map(([name, view]) => {
    if (!ArrayBuffer.isView(view) && !(view instanceof ArrayBuffer)) {
      throw new ERR_INVALID_ARG_TYPE(name, ['ArrayBuffer', 'Buffer', 'TypedArray', 'DataView'], view);
    }
    return bytesOf(name, view);
  });
  if (left.length !== right.length) throw new ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH();
  // Compared under a random key, so that time tells nothing about where they differ.
  const key = randomBytesNow(32);
  return hexEncode(hmacNow('sha256', key, left)) === hexEncode(hmacNow('sha256', key, right));
}

// ---- signatures, loaded when they are needed ---------------------------------------------------

function signing() {
  return namespace('sandglass:crypto/signing');
}

export function createSign(algorithm) {
  return new (signing().Sign)(algorithm);
}

export function createVerify(algorithm) {
  return new (signing().Verify)(algorithm);
}

export function sign(algorithm, data, key, callback) {
  return signing().sign(algorithm, data, key, callback);
}

export function verify(algorithm, data, key, signature, callback) {
  return signing().verify(algorithm, data, key, signature, callback);
}

// As in OpenSSL's headers.
export const constants = {
  RSA_PKCS1_PADDING: 1,
  RSA_PKCS1_PSS_PADDING: 6,
  RSA_PSS_SALTLEN_DIGEST: -1,
  RSA_PSS_SALTLEN_MAX_SIGN: -2,
  RSA_PSS_SALTLEN_AUTO: -2,
};

export { createPrivateKey, createPublicKey, createSecretKey, KeyObject, webcrypto };

export default {
  Hash, Hmac, KeyObject, constants, createHash, createHmac, createPrivateKey, createPublicKey, createSecretKey,
  createSign, createVerify, getHashes, getRandomValues, hash, pseudoRandomBytes, randomBytes, randomFill,
  randomFillSync, randomInt, randomUUID, sign, timingSafeEqual, verify, webcrypto,
  get subtle() { return webcrypto.subtle; },
};
