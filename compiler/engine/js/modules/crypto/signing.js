// `crypto.sign`, `verify`, `createSign` and `createVerify`: signatures, which the host makes.
import { sign as signNow, verify as verifyNow } from 'sandglass:native';
import { Buffer } from 'buffer';
import { constants } from 'crypto';
import { ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE } from '__wasm_rquickjs_builtin/internal/errors';
import { concatenate } from 'sandglass:blob';
import { coded } from 'sandglass:coded';
import { readSequence, SEQUENCE, write, writeNumber } from 'sandglass:crypto/der';
import { CURVES, writeRsaPrivate, writeRsaPublic } from 'sandglass:crypto/key_formats';
import { keyMaterial, toKey } from 'sandglass:crypto/keys';

const HASH_BYTES = { sha256: 32, sha384: 48, sha512: 64 };
const ECDSA = {
  'prime256v1 sha256': 'ecdsa-p256-sha256',
  'secp384r1 sha384': 'ecdsa-p384-sha384',
  'secp521r1 sha512': 'ecdsa-p521-sha512',
};

// `sha256` for any of `SHA256`, `sha-256` and `RSA-SHA256`.
function hashName(name) {
  return name.toLowerCase().replace(/^rsa-/, '').replace(/^sha-/, 'sha');
}

function unsupported(what) {
  return coded(Error, 'ERR_CRYPTO_UNSUPPORTED_OPERATION', `Signatures with ${what} are not supported`);
}

function rsaScheme(hash, { padding = constants.RSA_PKCS1_PADDING, saltLength }) {
  if (HASH_BYTES[hash] === undefined) throw unsupported(`RSA and ${hash}`);
  if (padding === constants.RSA_PKCS1_PADDING) return `rsa-pkcs1-${hash}`;
  if (padding !== constants.RSA_PKCS1_PSS_PADDING) throw new ERR_INVALID_ARG_VALUE('options.padding', padding);
  const takenFor = [undefined, constants.RSA_PSS_SALTLEN_DIGEST, constants.RSA_PSS_SALTLEN_AUTO, HASH_BYTES[hash]];
  if (!takenFor.includes(saltLength)) throw unsupported(`a salt that is not as long as the hash (${saltLength})`);
  return `rsa-pss-${hash}`;
}

function schemeOf(hash, { type, curve }, options) {
  switch (type) {
    case 'rsa': return rsaScheme(hash, options);
    case 'ec': {
      const scheme = ECDSA[`${curve} ${hash}`];
      if (scheme === undefined) throw unsupported(`the curve ${curve} and ${hash}`);
      return scheme;
    }
    default: return 'ed25519';
  }
}

function hostKey(kind, key) {
  switch (key.type) {
    case 'rsa': return kind === 'private' ? writeRsaPrivate(key) : writeRsaPublic(key);
    case 'ec': return kind === 'private' ? concatenate([key.d, key.point]) : key.point;
    default: return kind === 'private' ? key.d : key.x;
  }
}

// ECDSA signatures are two numbers: in DER for OpenSSL, side by side for the web.
function toDer(signature) {
  const half = signature.length / 2;
  return write(SEQUENCE, writeNumber(signature.subarray(0, half)), writeNumber(signature.subarray(half)));
}

// DER has one way to write two numbers. Any other is malformed, as for OpenSSL: no signature of anything.
function fromDer(signature, curve) {
  const { bytes } = CURVES.find((known) => known.curve === curve);
  const malformed = new Uint8Array(0);
  try {
    const numbers = readSequence(signature).map((item) => item.number);
    const fixed = concatenate(numbers.flatMap((number) => [new Uint8Array(bytes - number.length), number]));
    return Buffer.compare(toDer(fixed), signature) === 0 ? fixed : malformed;
  } catch {
    return malformed;
  }
}

function isDer({ type }, { dsaEncoding = 'der' }) {
  return type === 'ec' && dsaEncoding === 'der';
}

function bytesOf(name, data) {
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  throw new ERR_INVALID_ARG_TYPE(name, ['ArrayBuffer', 'Buffer', 'TypedArray', 'DataView'], data);
}

function optionsOf(input) {
  return typeof input === 'object' && input !== null ? input : {};
}

function signBytes(hash, data, input) {
  const key = keyMaterial(toKey('private', input));
  const options = optionsOf(input);
  const signature = signNow(schemeOf(hash, key, options), hostKey('private', key), data);
  return Buffer.from(isDer(key, options) ? toDer(signature) : signature);
}

function verifyBytes(hash, data, input, signature) {
  const key = keyMaterial(toKey('public', input));
  const options = optionsOf(input);
  const fixed = isDer(key, options) ? fromDer(signature, key.curve) : signature;
  return verifyNow(schemeOf(hash, key, options), hostKey('public', key), data, fixed);
}

function later(callback, compute) {
  if (callback === undefined) return compute();
  const result = compute();
  globalThis.setImmediate(() => callback(null, result));
  return undefined;
}

export function sign(algorithm, data, key, callback) {
  return later(callback, () => signBytes(hashName(algorithm ?? ''), bytesOf('data', data), key));
}

export function verify(algorithm, data, key, signature, callback) {
  return later(callback, () => (
    verifyBytes(hashName(algorithm ?? ''), bytesOf('data', data), key, bytesOf('signature', signature))
  ));
}

// What `Sign` and `Verify` have in common: the data until they are needed.
class Gathering {
  #hash;
  #chunks = [];

  constructor(algorithm) {
    if (typeof algorithm !== 'string') throw new ERR_INVALID_ARG_TYPE('algorithm', 'string', algorithm);
    this.#hash = hashName(algorithm);
    if (HASH_BYTES[this.#hash] === undefined) {
      throw coded(Error, 'ERR_CRYPTO_INVALID_DIGEST', `Invalid digest: ${algorithm}`);
    }
  }

  update(data, encoding) {
    this.#chunks.push(typeof data === 'string' ? Buffer.from(data, encoding) : bytesOf('data', data).slice());
    return this;
  }

  write(data, encoding) {
    this.update(data, encoding);
    return true;
  }

  end(data, encoding) {
    if (data !== undefined) this.update(data, encoding);
    return this;
  }

  get _hash() { return this.#hash; }

  get _data() { return concatenate(this.#chunks); }
}

export class Sign extends Gathering {
  sign(key, encoding) {
    const signature = signBytes(this._hash, this._data, key);
    return encoding === undefined || encoding === 'buffer' ? signature : signature.toString(encoding);
  }
}

export class Verify extends Gathering {
  verify(key, signature, encoding) {
    const bytes = typeof signature === 'string' ? Buffer.from(signature, encoding) : bytesOf('signature', signature);
    return verifyBytes(this._hash, this._data, key, bytes);
  }
}
