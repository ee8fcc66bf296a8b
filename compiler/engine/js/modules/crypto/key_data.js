// What a key is inside: what a `KeyObject` and a `CryptoKey` hold, and what operations take.
import { namespace } from 'sandglass:native';
import { native } from 'sandglass:crypto/errors';
import { bitsOf, copyOf, isSame } from 'sandglass:crypto/bytes';
import {
  kKeyEncodingPKCS1, kKeyEncodingPKCS8, kKeyEncodingSEC1, kKeyEncodingSPKI, kKeyFormatPEM, kKeyTypePrivate,
  kKeyTypePublic, kKeyTypeSecret,
} from 'sandglass:crypto/binding/names';

const TYPES = {
  [kKeyEncodingPKCS1]: 'pkcs1', [kKeyEncodingPKCS8]: 'pkcs8', [kKeyEncodingSEC1]: 'sec1', [kKeyEncodingSPKI]: 'spki',
};

function encodings() {
  return namespace('sandglass:crypto/key_encodings');
}

function jwks() {
  return namespace('sandglass:crypto/jwk');
}

function curves() {
  return namespace('sandglass:crypto/curves');
}

export class KeyObjectHandle {
  // The bytes of a secret key, or what `key_formats.js` says of others.
  #kind;
  #key;

  // By kind and key, not for Node.js's own files.
  static of(kind, key) {
    const handle = new KeyObjectHandle();
    handle.#kind = kind;
    handle.#key = key;
    return handle;
  }

  get kind() { return this.#kind; }

  get key() { return this.#key; }

  init(kind, data, format, type, passphrase) {
    this.#kind = kind;
    this.#key = kind === kKeyTypeSecret ? copyOf(data) : readKey(kind, data, format, type, passphrase);
  }

  initECRaw(curve, data) {
    const point = curves().pointOf(curve, copyOf(data));
    this.#kind = kKeyTypePublic;
    this.#key = { type: 'ec', curve, point };
    return point !== undefined;
  }

  initEDRaw(name, data, kind) {
    const type = name.toLowerCase();
    const bytes = copyOf(data);
    this.#kind = kind;
    if (bytes.length !== curves().EDWARDS[type].bytes) return false;
    this.#key = kind === kKeyTypePublic ? { type, x: bytes }
      : namespace('sandglass:crypto/key_formats').edwardsPrivate(type, bytes);
    return true;
  }

  initJwk(jwk) {
    const key = jwks().readJwk(jwk);
    const isSecret = key instanceof Uint8Array;
    this.#kind = isSecret ? kKeyTypeSecret : key.d === undefined ? kKeyTypePublic : kKeyTypePrivate;
    this.#key = key;
    return this.#kind;
  }

  getAsymmetricKeyType() { return this.#key.type; }

  getSymmetricKeySize() { return this.#key.length; }

  keyDetail(details) {
    const key = this.#key;
    if (this.#kind === kKeyTypeSecret) return Object.assign(details, { length: key.length * 8 });
    switch (key.type) {
      case 'rsa': case 'rsa-pss': {
        const publicExponent = key.e.slice().buffer;
        return Object.assign(details, { modulusLength: bitsOf(key.n), publicExponent, ...key.pss });
      }
      case 'ec': return Object.assign(details, { namedCurve: key.curve });
      case 'dsa': return Object.assign(details, { modulusLength: bitsOf(key.p), divisorLength: bitsOf(key.q) });
      default: return details;
    }
  }

  checkEcKeyData() {
    const { type, curve, point, d } = this.#key;
    return type === 'ec' && curves().isPair(curve, point, d);
  }

  equals(other) {
    const [own, others] = [this.#key, other.#key];
    if (this.#kind !== other.#kind) return false;
    if (this.#kind === kKeyTypeSecret) return isSame(own, others);
    if (own.type !== others.type || own.curve !== others.curve) return false;
    const { writeSpki, writePkcs8 } = namespace('sandglass:crypto/key_formats');
    const write = this.#kind === kKeyTypePublic ? writeSpki : writePkcs8;
    return isSame(write(own), write(others));
  }

  export(format, type, cipher, passphrase) {
    if (this.#kind === kKeyTypeSecret) return encodings().asBuffer(this.#key);
    return exportKey(this.#kind, this.#key, { format, type, cipher, passphrase });
  }

  exportJwk(jwk, takesPss) {
    const key = this.#key;
    if (this.#kind === kKeyTypeSecret) return jwks().writeSecretJwk(jwk, key);
    const shown = takesPss && key.type === 'rsa-pss' ? { ...key, type: 'rsa' } : key;
    return jwks().writeJwk(jwk, this.#kind === kKeyTypePrivate, shown);
  }
}

function readKey(kind, data, format, type, passphrase) {
  if (data instanceof KeyObjectHandle) return data.key;
  const wanted = kind === kKeyTypePrivate ? 'private' : 'public';
  const key = encodings().readKey(wanted, copyOf(data), {
    format: format === kKeyFormatPEM ? 'pem' : 'der', type: TYPES[type], passphrase: passphrase && copyOf(passphrase),
  });
  return key;
}

// As PEM text, DER in a buffer, or an object.
export function exportKey(kind, key, { format, type, cipher, passphrase }) {
  return encodings().writeKey(kind === kKeyTypePrivate ? 'private' : 'public', key, {
    format: format === kKeyFormatPEM ? 'pem' : 'der', type: TYPES[type], cipher, passphrase: passphrase && copyOf(passphrase),
  });
}

// The key that an operation is given: a handle, or a key in some format.
export function keyOf(kind, data, format, type, passphrase) {
  if (data instanceof KeyObjectHandle) return data.key;
  return readKey(kind, data, format, type, passphrase);
}

// The bytes of a secret: a handle, an object around it, or bytes.
export function keyBytes(key) {
  if (key instanceof KeyObjectHandle) return key.key;
  if (typeof key.byteLength === 'number') return copyOf(key);
  const handle = key[Object.getOwnPropertySymbols(key).find((symbol) => symbol.description === 'kHandle')];
  if (handle instanceof KeyObjectHandle) return handle.key;
  throw native('ERR_INVALID_ARG_TYPE', 'The key must be a secret one', TypeError);
}

export function secretHandle(bytes) {
  return KeyObjectHandle.of(kKeyTypeSecret, bytes);
}
