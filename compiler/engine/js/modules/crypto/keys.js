// `crypto.KeyObject`, and what makes one from what keys are stored as.
import { base64Decode, base64Encode, namespace } from 'sandglass:native';
import { Buffer } from 'buffer';
import { ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE } from '__wasm_rquickjs_builtin/internal/errors';

const CONSTRUCTIBLE = Symbol('constructible');

function formats() {
  return namespace('sandglass:crypto/key_formats');
}

// Set by the class below.
let materialOf;

export class KeyObject {
  #type;
  // The bytes of a secret key; for the others, `{ type, … }` of `key_formats.js`.
  #material;

  constructor(token, type, material) {
    if (token !== CONSTRUCTIBLE) throw new ERR_INVALID_ARG_VALUE('type', token, 'is not for calls: use createSecretKey');
    this.#type = type;
    this.#material = material;
  }

  get type() { return this.#type; }

  get symmetricKeySize() { return this.#type === 'secret' ? this.#material.length : undefined; }

  get asymmetricKeyType() { return this.#type === 'secret' ? undefined : this.#material.type; }

  get asymmetricKeyDetails() {
    if (this.#type === 'secret') return undefined;
    const { type, n, e, curve } = this.#material;
    switch (type) {
      case 'rsa': return { modulusLength: bitLength(n), publicExponent: BigInt(`0x${Buffer.from(e).toString('hex')}`) };
      case 'ec': return { namedCurve: curve };
      default: return {};
    }
  }

  export({ format, type, cipher } = {}) {
    if (cipher !== undefined) throw new ERR_INVALID_ARG_VALUE('options.cipher', cipher, 'is not supported');
    if (this.#type === 'secret') {
      return format === 'jwk' ? { kty: 'oct', k: base64Encode(this.#material, true) } : Buffer.from(this.#material);
    }
    if (format === 'jwk') return formats().writeJwk(this.#type, this.#material);
    if (format !== 'pem' && format !== 'der') throw new ERR_INVALID_ARG_VALUE('options.format', format);
    const written = formats().writeKey(this.#type, this.#material, { format, type });
    return format === 'pem' ? written : Buffer.from(written);
  }

  equals(other) {
    if (!(other instanceof KeyObject)) throw new ERR_INVALID_ARG_TYPE('otherKeyObject', 'KeyObject', other);
    const jwk = (key) => JSON.stringify(key.export({ format: 'jwk' }));
    return this.#type === other.#type && jwk(this) === jwk(other);
  }

  static {
    materialOf = (key) => key.#material;
    Object.defineProperty(KeyObject.prototype, Symbol.toStringTag, { value: 'KeyObject', configurable: true });
  }
}

function bitLength(bytes) {
  return bytes.length * 8 - Math.clz32(bytes[0]) + 24;
}

// What a key object is made of.
export function keyMaterial(key) {
  return materialOf(key);
}

function bytesOf(name, data, encoding) {
  if (typeof data === 'string') return new Uint8Array(Buffer.from(data, encoding));
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice();
  if (data instanceof ArrayBuffer) return new Uint8Array(data.slice(0));
  throw new ERR_INVALID_ARG_TYPE(name, ['string', 'ArrayBuffer', 'Buffer', 'TypedArray', 'DataView', 'KeyObject'], data);
}

export function createSecretKey(key, encoding) {
  return new KeyObject(CONSTRUCTIBLE, 'secret', bytesOf('key', key, encoding));
}

// The material in `{ key, format, type, encoding }`, or in the key itself.
function readMaterial(kind, input) {
  const isPlain = typeof input === 'string' || ArrayBuffer.isView(input) || input instanceof ArrayBuffer;
  const { key, format = 'pem', type, encoding } = isPlain ? { key: input } : input ?? {};
  if (format === 'jwk') return formats().readJwk(key);
  const bytes = bytesOf('key', key, encoding);
  if (format === 'der') return formats().readKey(kind, { bytes, type });
  return formats().readKey(kind, { text: Buffer.from(bytes).toString('latin1') });
}

export function createPrivateKey(input) {
  const material = readMaterial('private', input);
  if (material.d === undefined) throw new ERR_INVALID_ARG_VALUE('key', '[a public key]', 'must be a private key');
  return new KeyObject(CONSTRUCTIBLE, 'private', material);
}

// Of a private key, its public part.
export function createPublicKey(input) {
  if (input instanceof KeyObject) {
    if (input.type !== 'private') throw new ERR_INVALID_ARG_VALUE('key', `[a ${input.type} key]`, 'must be a private key');
    return publicPart(materialOf(input));
  }
  const inner = input?.key;
  if (inner instanceof KeyObject) return createPublicKey(inner);
  return publicPart(readMaterial('public', input));
}

function publicPart({ type, n, e, curve, point, x }) {
  const material = { rsa: { type, n, e }, ec: { type, curve, point }, ed25519: { type, x } }[type];
  return new KeyObject(CONSTRUCTIBLE, 'public', material);
}

// The key that an argument is or holds, as an object.
export function toKey(kind, input) {
  const key = input instanceof KeyObject ? input : input?.key;
  if (!(key instanceof KeyObject)) return kind === 'private' ? createPrivateKey(input) : createPublicKey(input);
  if (key.type === 'secret' || (kind === 'private' && key.type !== 'private')) {
    throw new ERR_INVALID_ARG_VALUE('key', `[a ${key.type} key]`, `must be a ${kind} key`);
  }
  return key;
}

// A secret key from JWK, for `createSecretKey`'s users of the web.
export function secretFromJwk({ kty, k }) {
  if (kty !== 'oct' || typeof k !== 'string') throw new ERR_INVALID_ARG_VALUE('jwk', kty, 'must be "oct" with a "k"');
  return createSecretKey(base64Decode(k));
}
