// New keys and pairs of keys. Nothing random is made while the lambda is built.
import { isPrime, power, randomSecret, randomPrime, rsaGenerate } from 'sandglass:native';
import { bigOf, bitsOf, bytesOf, bytesOfBig, trimmed } from 'sandglass:crypto/bytes';
import { findDigest, getDigest } from 'sandglass:crypto/binding/digests';
import {
  kKeyFormatJWK, kKeyTypePrivate, kKeyTypePublic, kKeyVariantRSA_PSS, OPENSSL_EC_EXPLICIT_CURVE,
} from 'sandglass:crypto/binding/names';
import { EDWARDS, findCurve, privateKey, publicKey } from 'sandglass:crypto/curves';
import { groupByName } from 'sandglass:crypto/dh_groups';
import { invalidCurve, native } from 'sandglass:crypto/errors';
import { Job, job } from 'sandglass:crypto/job';
import { exportKey, KeyObjectHandle } from 'sandglass:crypto/key_data';
import { edwardsPrivate, readRsaPrivate } from 'sandglass:crypto/key_formats';

function publicPart({ d: _d, p, q, dp: _dp, dq: _dq, qi: _qi, x, ...key }) {
  switch (key.type) {
    case 'dsa': return { ...key, p, q };
    case 'dh': return { ...key, p };
    case 'ed25519': case 'ed448': case 'x25519': case 'x448': return { ...key, x };
    default: return key;
  }
}

// A key as it was asked for: the key itself where no form was.
function written(kind, key, { format, type, cipher, passphrase }) {
  const handle = KeyObjectHandle.of(kind, key);
  if (format === undefined) return handle;
  if (format === kKeyFormatJWK) return handle.exportJwk({}, false);
  return exportKey(kind, key, { format, type, cipher, passphrase });
}

function pairOf(key, [publicFormat, publicType, privateFormat, privateType, cipher, passphrase]) {
  return [
    written(kKeyTypePublic, publicPart(key), { format: publicFormat, type: publicType }),
    written(kKeyTypePrivate, key, { format: privateFormat, type: privateType, cipher, passphrase }),
  ];
}

function pssOf(hash, mgf, salt) {
  if (hash === undefined && mgf === undefined && salt === undefined) return undefined;
  if (hash !== undefined) getDigest(hash);
  if (mgf !== undefined && findDigest(mgf) === undefined) {
    throw native('ERR_CRYPTO_INVALID_DIGEST', `Invalid MGF1 digest: ${mgf}`, TypeError);
  }
  const hashAlgorithm = findDigest(hash ?? 'sha1').name;
  return {
    hashAlgorithm, mgf1HashAlgorithm: findDigest(mgf ?? hashAlgorithm).name,
    saltLength: salt ?? findDigest(hashAlgorithm).bytes,
  };
}

// As Node.js words what OpenSSL says of these, without codes.
const RSA_ERRORS = {
  'key size too small': () => new Error('error:1C8000AB:Provider routines::key size too small'),
  'pub exponent out of range': () => new Error('error:020000B2:rsa routines::pub exponent out of range'),
};

export class RsaKeyPairGenJob extends Job {
  constructor(mode, variant, bits, exponent, ...rest) {
    super(mode);
    const isPss = variant === kKeyVariantRSA_PSS;
    const [pss, encoding] = isPss ? [pssOf(...rest.slice(0, 3)), rest.slice(3)] : [undefined, rest];
    this._compute = () => {
      const made = rsaGenerate(bits, exponent);
      if (typeof made === 'string') throw RSA_ERRORS[made]?.() ?? native('ERR_CRYPTO_OPERATION_FAILED', made);
      const key = readRsaPrivate(made);
      return pairOf(isPss ? { ...key, type: 'rsa-pss', ...(pss && { pss }) } : key, encoding);
    };
  }
}

// A curve that OpenSSL has and JWK has not is another mistake than one that nobody has.
function unknownCurve(name, encoding) {
  const isForJwk = encoding[0] === kKeyFormatJWK || encoding[2] === kKeyFormatJWK;
  if (!isForJwk || !/^(secp|sect|prime|c2|wap|brainpool)/.test(name)) return invalidCurve();
  return native('ERR_CRYPTO_JWK_UNSUPPORTED_CURVE', `Unsupported JWK EC curve: ${name}.`);
}

export const EcKeyPairGenJob = job((name, parameters, ...encoding) => {
  const found = findCurve(name);
  if (found === undefined) throw unknownCurve(name, encoding);
  return () => {
    const d = privateKey(found, randomSecret(found.bytes + 8));
    const { curve } = found;
    const explicit = parameters === OPENSSL_EC_EXPLICIT_CURVE;
    return pairOf({ type: 'ec', curve, explicit, d, point: publicKey(curve, d) }, encoding);
  };
});

export const NidKeyPairGenJob = job((type, ...encoding) => () => (
  pairOf(edwardsPrivate(type, randomSecret(EDWARDS[type].bytes)), encoding)
));

function must(made) {
  if (typeof made === 'string') throw native('ERR_CRYPTO_OPERATION_FAILED', made);
  return made;
}

// A private number and its public one of a group.
export function dhPair(group) {
  const most = group.q ? bigOf(group.q) : (bigOf(group.p) - 1n) / 2n;
  const x = trimmed(bytesOfBig((bigOf(randomSecret(group.p.length + 8)) % (most - 1n)) + 1n));
  return { type: 'dh', ...group, x, y: trimmed(must(power(group.g, x, group.p))) };
}

export class DhKeyPairGenJob extends Job {
  constructor(mode, chosen, ...rest) {
    super(mode);
    const isNamed = typeof chosen === 'string';
    const named = isNamed ? groupByName(chosen) : undefined;
    if (isNamed && named === undefined) throw native('ERR_CRYPTO_UNKNOWN_DH_GROUP', 'Unknown DH group');
    const g = isNamed ? undefined : bytesOfBig(BigInt(rest[0]));
    const encoding = isNamed ? rest : rest.slice(1);
    this._compute = () => {
      const prime = () => (typeof chosen === 'number' ? must(randomPrime(chosen, true)) : bytesOf(chosen).slice());
      return pairOf(dhPair(named ?? { p: prime(), g }), encoding);
    };
  }
}

// FIPS 186-4, appendix A.1.1.2, with our own test for primes: p is one more than a multiple of q.
function dsaDomain(bits, divisorBits) {
  const q = must(randomPrime(divisorBits, false));
  const order = bigOf(q);
  for (;;) {
    const random = bigOf(randomSecret(Math.ceil(bits / 8))) % (1n << BigInt(bits));
    const high = random | (1n << BigInt(bits - 1));
    const p = bytesOfBig(high - (high % (2n * order)) + 1n);
    if (bitsOf(p) !== bits || !must(isPrime(p))) continue;
    const g = must(power(Uint8Array.of(2), bytesOfBig((bigOf(p) - 1n) / order), p));
    if (bigOf(g) > 1n) return { p, q, g: trimmed(g) };
  }
}

export const DsaKeyPairGenJob = job((bits, divisorBits, ...encoding) => () => {
  const domain = dsaDomain(bits, divisorBits === -1 ? (bits >= 2_048 ? 256 : 160) : divisorBits);
  const x = trimmed(bytesOfBig((bigOf(randomSecret(domain.q.length + 8)) % (bigOf(domain.q) - 1n)) + 1n));
  return pairOf({ type: 'dsa', ...domain, x, y: trimmed(must(power(domain.g, x, domain.p))) }, encoding);
});
