// Keys as JSON (RFC 7517, 7518 and 8037).
import { base64Decode, base64Encode } from 'sandglass:native';
import { join, padded, trimmed } from 'sandglass:crypto/bytes';
import { curveBy, EDWARDS, isPair } from 'sandglass:crypto/curves';
import { native } from 'sandglass:crypto/errors';
import { RSA_PRIVATE, RSA_PUBLIC } from 'sandglass:crypto/key_formats';

const CURVE_OF = { 'P-256': 1, 'P-384': 1, 'P-521': 1, secp256k1: 1 };

function invalid(what) {
  return native('ERR_CRYPTO_INVALID_JWK', what, TypeError);
}

function readRsa(jwk) {
  const names = jwk.d === undefined ? RSA_PUBLIC : RSA_PRIVATE;
  if (names.some((name) => typeof jwk[name] !== 'string')) throw invalid('Invalid JWK RSA key');
  return { type: 'rsa', ...Object.fromEntries(names.map((name) => [name, trimmed(base64Decode(jwk[name]))])) };
}

function readEc(jwk) {
  const names = jwk.d === undefined ? ['x', 'y'] : ['x', 'y', 'd'];
  if (CURVE_OF[jwk.crv] !== 1) throw native('ERR_CRYPTO_INVALID_CURVE', 'Invalid EC curve name', TypeError);
  if (names.some((name) => typeof jwk[name] !== 'string')) throw invalid('Invalid JWK EC key');
  const { curve, bytes } = curveBy('crv', jwk.crv);
  const [x, y, d] = names.map((name) => padded(trimmed(base64Decode(jwk[name])), bytes));
  const point = join([Uint8Array.of(4), x, y]);
  if (!isPair(curve, point, d)) throw invalid('Invalid JWK EC key');
  return { type: 'ec', curve, point, ...(d && { d }) };
}

// The key that a JWK of RSA or of a curve is, or the bytes of a secret one.
export function readJwk(jwk) {
  switch (jwk.kty) {
    case 'oct':
      if (typeof jwk.k !== 'string') throw invalid('Invalid JWK secret key format');
      return base64Decode(jwk.k);
    case 'RSA': return readRsa(jwk);
    case 'EC': return readEc(jwk);
    default:
      if (typeof jwk.kty !== 'string') throw invalid('Invalid JWK data');
      throw invalid('Unsupported JWK asymmetric key type');
  }
}

function text(bytes) {
  return base64Encode(bytes, true);
}

// Adds the members of a key to an object.
export function writeJwk(jwk, isPrivate, key) {
  switch (key.type) {
    case 'rsa':
      jwk.kty = 'RSA';
      for (const name of isPrivate ? RSA_PRIVATE : RSA_PUBLIC) jwk[name] = text(key[name]);
      return jwk;
    case 'ec': {
      const { crv, bytes } = curveBy('curve', key.curve);
      jwk.kty = 'EC';
      jwk.x = text(key.point.subarray(1, 1 + bytes));
      jwk.y = text(key.point.subarray(1 + bytes));
      jwk.crv = crv;
      if (isPrivate) jwk.d = text(key.d);
      return jwk;
    }
  }
  if (EDWARDS[key.type] === undefined) {
    throw native('ERR_CRYPTO_JWK_UNSUPPORTED_KEY_TYPE', 'Unsupported JWK Key Type.');
  }
  jwk.crv = EDWARDS[key.type].crv;
  if (isPrivate) jwk.d = text(key.d);
  jwk.x = text(key.x);
  jwk.kty = 'OKP';
  return jwk;
}

export function writeSecretJwk(jwk, bytes) {
  jwk.kty = 'oct';
  jwk.k = text(bytes);
  return jwk;
}
