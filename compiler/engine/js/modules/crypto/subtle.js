// `crypto.subtle`, by the Web Cryptography standard: hashes, and signatures with HMAC, RSA, ECDSA and
// Ed25519.
import { digest as digestNow, hmac as hmacNow, randomFill } from 'sandglass:native';
import { domException } from 'sandglass:dom_exception';
import {
  createPrivateKey, createPublicKey, createSecretKey, keyMaterial, secretFromJwk,
} from 'sandglass:crypto/keys';
import { sign as signWith, verify as verifyWith } from 'sandglass:crypto/signing';
import { constants, timingSafeEqual } from 'crypto';

const HASHES = { 'SHA-1': 'sha1', 'SHA-256': 'sha256', 'SHA-384': 'sha384', 'SHA-512': 'sha512' };
const NAMES = ['HMAC', 'RSASSA-PKCS1-v1_5', 'RSA-PSS', 'ECDSA', 'Ed25519'];
const BLOCK_BYTES = { sha1: 64, sha256: 64, sha384: 128, sha512: 128 };
const CONSTRUCTIBLE = Symbol('constructible');

// Set by the class below.
let objectOf;

export class CryptoKey {
  #object;

  constructor(token, object, { algorithm, extractable, usages }) {
    if (token !== CONSTRUCTIBLE) throw new TypeError('Illegal constructor');
    this.#object = object;
    this.type = object.type;
    this.extractable = Boolean(extractable);
    this.algorithm = algorithm;
    this.usages = [...usages];
  }

  static {
    objectOf = (key) => key.#object;
    Object.defineProperty(CryptoKey.prototype, Symbol.toStringTag, { value: 'CryptoKey', configurable: true });
  }
}

function notSupported(what) {
  return domException(`${what} is not supported`, 'NotSupportedError');
}

// A copy of the bytes: what is given may change before the work is done.
function bytesOf(data) {
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice();
  if (data instanceof ArrayBuffer) return new Uint8Array(data.slice(0));
  throw new TypeError('The data must be an ArrayBuffer or a view of one.');
}

function algorithmOf(given) {
  const algorithm = typeof given === 'string' ? { name: given } : given;
  const name = NAMES.find((known) => known.toLowerCase() === algorithm?.name?.toLowerCase());
  if (name === undefined) throw notSupported(`The algorithm ${algorithm?.name}`);
  return { ...algorithm, name };
}

function hashOf(given) {
  const name = (typeof given === 'string' ? given : given?.name)?.toUpperCase();
  if (HASHES[name] === undefined) throw notSupported(`The hash ${name}`);
  return { name, node: HASHES[name] };
}

// The algorithm that a key says it is for.
function keyAlgorithm({ name, hash, namedCurve }, object) {
  switch (name) {
    case 'HMAC': return { name, hash: { name: hashOf(hash).name }, length: keyMaterial(object).length * 8 };
    case 'ECDSA': return { name, namedCurve };
    case 'Ed25519': return { name };
    default: {
      const { modulusLength } = object.asymmetricKeyDetails;
      return { name, hash: { name: hashOf(hash).name }, modulusLength, publicExponent: keyMaterial(object).e.slice() };
    }
  }
}

function readKey(format, data, { name }) {
  const isSecret = name === 'HMAC';
  switch (format) {
    case 'raw':
      if (isSecret) return createSecretKey(bytesOf(data));
      break;
    case 'jwk':
      if (isSecret) return secretFromJwk(data);
      return data.d === undefined ? createPublicKey({ key: data, format }) : createPrivateKey({ key: data, format });
    case 'pkcs8': return createPrivateKey({ key: bytesOf(data), format: 'der', type: 'pkcs8' });
    case 'spki': return createPublicKey({ key: bytesOf(data), format: 'der', type: 'spki' });
  }
  throw notSupported(`The format ${format} for a key of ${name}`);
}

function authorize(key, { name }, usage) {
  if (!(key instanceof CryptoKey)) throw new TypeError('The key must be a CryptoKey.');
  if (key.algorithm.name !== name) throw domException('The key is for another algorithm', 'InvalidAccessError');
  if (!key.usages.includes(usage)) throw domException(`The key is not for "${usage}"`, 'InvalidAccessError');
}

// How Node.js's functions are asked for the same.
function nodeOptions({ name, hash, saltLength }, key) {
  const object = objectOf(key);
  const algorithm = name === 'Ed25519' ? null : hashOf(name === 'ECDSA' ? hash : key.algorithm.hash).node;
  const padding = name === 'RSA-PSS' ? constants.RSA_PKCS1_PSS_PADDING : undefined;
  return [algorithm, { key: object, padding, saltLength, dsaEncoding: 'ieee-p1363' }];
}

function macOf(key, data) {
  return hmacNow(hashOf(key.algorithm.hash).node, keyMaterial(objectOf(key)), bytesOf(data));
}

function bufferOf(bytes) {
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
}

class SubtleCrypto {
  async digest(algorithm, data) {
    return bufferOf(digestNow(hashOf(algorithm).node, bytesOf(data)));
  }

  async importKey(format, data, algorithm, extractable, usages) {
    const wanted = algorithmOf(algorithm);
    const object = readKey(format, data, wanted);
    return new CryptoKey(CONSTRUCTIBLE, object, { algorithm: keyAlgorithm(wanted, object), extractable, usages });
  }

  async exportKey(format, key) {
    if (!key.extractable) throw domException('The key is not extractable', 'InvalidAccessError');
    const object = objectOf(key);
    if (format === 'jwk') return { ...object.export({ format }), key_ops: key.usages, ext: true };
    if (format === 'raw' && key.type === 'secret') return bufferOf(object.export());
    if (key.type === 'secret') throw notSupported(`The format ${format} for a secret key`);
    return bufferOf(object.export({ format: 'der', type: format }));
  }

  // HMAC keys only: other keys are made outside, and stored as secrets.
  async generateKey(wanted, extractable, usages) {
    const { name, hash, length } = algorithmOf(wanted);
    if (name !== 'HMAC') throw notSupported(`Generating keys of ${name}`);
    const bytes = length === undefined ? BLOCK_BYTES[hashOf(hash).node] : Math.ceil(length / 8);
    const object = createSecretKey(randomFill(bytes));
    const algorithm = keyAlgorithm({ name, hash }, object);
    return new CryptoKey(CONSTRUCTIBLE, object, { algorithm, extractable, usages });
  }

  async sign(algorithm, key, data) {
    const wanted = algorithmOf(algorithm);
    authorize(key, wanted, 'sign');
    if (wanted.name === 'HMAC') return bufferOf(macOf(key, data));
    const [name, options] = nodeOptions(wanted, key);
    return bufferOf(signWith(name, bytesOf(data), options));
  }

  async verify(algorithm, key, signature, data) {
    const wanted = algorithmOf(algorithm);
    authorize(key, wanted, 'verify');
    const given = bytesOf(signature);
    if (wanted.name === 'HMAC') {
      const mac = macOf(key, data);
      return mac.length === given.length && timingSafeEqual(mac, given);
    }
    const [name, options] = nodeOptions(wanted, key);
    return verifyWith(name, bytesOf(data), options, given);
  }
}

export const subtle = new SubtleCrypto();
