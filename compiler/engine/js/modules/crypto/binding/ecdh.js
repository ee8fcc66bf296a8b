// Agreements on elliptic curves.
import { curveAgree, power, randomSecret } from 'sandglass:native';
import { arrayBufferOf, bufferOf, copyOf, isSame, padded, trimmed } from 'sandglass:crypto/bytes';
import { CURVES, formOf, isPrivate, pointOf, privateKey, publicKey } from 'sandglass:crypto/curves';
import { codes, failed, invalidCurve, native, openssl } from 'sandglass:crypto/errors';
import { job } from 'sandglass:crypto/job';

const invalidPoint = () => failed('Failed to convert Buffer to EC_POINT');

export function getCurves() {
  return CURVES.map(({ curve }) => curve).sort();
}

function curveOf(name) {
  const found = CURVES.find(({ curve }) => curve === name);
  if (found === undefined) throw invalidCurve();
  return found;
}

export class ECDH {
  #curve;
  #d;
  #point;

  constructor(name) {
    this.#curve = curveOf(name);
  }

  generateKeys() {
    this.#d = privateKey(this.#curve, randomSecret(this.#curve.bytes + 8));
    this.#point = publicKey(this.#curve.curve, this.#d);
  }

  computeSecret(other) {
    const { curve } = this.#curve;
    const isPair = this.#point !== undefined && (this.#d === undefined || isSame(publicKey(curve, this.#d), this.#point));
    if (!isPair) {
      throw native('ERR_CRYPTO_INVALID_KEYPAIR', 'Invalid key pair', RangeError);
    }
    const point = pointOf(curve, copyOf(other));
    if (point === undefined) throw new codes.ERR_CRYPTO_ECDH_INVALID_PUBLIC_KEY();
    if (this.#d === undefined) throw failed('Failed to compute ECDH key');
    return bufferOf(curveAgree(curve, this.#d, point));
  }

  getPublicKey(form) {
    if (this.#point === undefined) throw failed('Failed to get ECDH public key');
    return bufferOf(formOf(this.#point, form));
  }

  getPrivateKey() {
    if (this.#d === undefined) throw failed('Failed to get ECDH private key');
    return bufferOf(trimmed(this.#d).slice());
  }

  setPrivateKey(key) {
    const d = trimmed(copyOf(key));
    if (!isPrivate(this.#curve, d)) {
      throw native('ERR_CRYPTO_INVALID_KEYTYPE', 'Private key is not valid for specified curve.', RangeError);
    }
    this.#d = padded(d, this.#curve.bytes);
    this.#point = publicKey(this.#curve.curve, this.#d);
  }

  setPublicKey(key) {
    const point = pointOf(this.#curve.curve, copyOf(key));
    if (point === undefined) throw invalidPoint();
    this.#point = point;
  }
}

export function ECDHConvertKey(key, name, form) {
  const point = pointOf(curveOf(name).curve, copyOf(key));
  if (point === undefined) throw invalidPoint();
  return bufferOf(formOf(point, form));
}

function different() {
  return openssl('1C8000CB', 'Provider routines', 'mismatching domain parameters');
}

function agree(ours, theirs) {
  switch (ours.type) {
    case 'ec':
      if (ours.curve !== theirs.curve) throw different();
      return curveAgree(ours.curve, ours.d, theirs.point);
    case 'x25519': case 'x448': return curveAgree(ours.type, ours.d, theirs.x);
    default:
      if (!isSame(ours.p, theirs.p)) throw different();
      return power(theirs.y, ours.x, ours.p);
  }
}

// Any two keys of one kind; a result that would be the same for all keys is none.
export function statelessDH(ours, theirs) {
  const secret = agree(ours.key, theirs.key);
  if (secret === undefined || typeof secret === 'string') {
    throw failed('diffieHellman failed');
  }
  return bufferOf(secret);
}

export const ECDHBitsJob = job((_name, publicHandle, privateHandle) => () => {
  const secret = agree(privateHandle.key, publicHandle.key);
  if (secret === undefined) throw failed('ECDH bits job failed');
  return arrayBufferOf(secret);
});

