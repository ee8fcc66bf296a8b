// Which elliptic curves there are, and by which names.
import { curvePoint, curvePublicKey } from 'sandglass:native';
import { bigOf, bytesOfBig, isSame, join } from 'sandglass:crypto/bytes';
import { malformed } from 'sandglass:crypto/der';

// The name of each curve in Node.js and in JWK, and how many bytes its numbers have.
export const CURVES = [
  {
    oid: '2a8648ce3d030107', curve: 'prime256v1', crv: 'P-256', bytes: 32, aliases: ['P-256', 'secp256r1'],
    order: 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551',
  },
  {
    oid: '2b81040022', curve: 'secp384r1', crv: 'P-384', bytes: 48, aliases: ['P-384'],
    order: 'ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973',
  },
  {
    oid: '2b81040023', curve: 'secp521r1', crv: 'P-521', bytes: 66, aliases: ['P-521'],
    order: '01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8'
      + '899c47aebb6fb71e91386409',
  },
  {
    oid: '2b8104000a', curve: 'secp256k1', crv: 'secp256k1', bytes: 32, aliases: [],
    order: 'fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141',
  },
];

// The keys of RFC 8032 and RFC 7748.
export const EDWARDS = {
  ed25519: { oid: '2b6570', crv: 'Ed25519', bytes: 32 },
  ed448: { oid: '2b6571', crv: 'Ed448', bytes: 57 },
  x25519: { oid: '2b656e', crv: 'X25519', bytes: 32 },
  x448: { oid: '2b656f', crv: 'X448', bytes: 56 },
};

export function findCurve(name) {
  return CURVES.find(({ curve, aliases }) => curve === name || aliases.includes(name));
}

export function curveBy(property, value) {
  const found = CURVES.find((curve) => curve[property] === value);
  if (found === undefined) throw malformed(`its curve ${value} is not supported`);
  return found;
}

// The uncompressed form of a point in any form; `undefined` when it is none.
export function pointOf(curve, encoded) {
  const isHybrid = (encoded[0] | 1) === 7;
  if (isHybrid && (encoded.at(-1) & 1) !== (encoded[0] & 1)) return undefined;
  return curvePoint(curve, isHybrid ? join([Uint8Array.of(4), encoded.subarray(1)]) : encoded);
}

// A point in a form: 2 is compressed, 4 uncompressed and 6 hybrid.
export function formOf(point, form) {
  const half = (point.length - 1) / 2;
  const sign = point.at(-1) & 1;
  switch (form) {
    case 2: return join([Uint8Array.of(2 + sign), point.subarray(1, 1 + half)]);
    case 6: return join([Uint8Array.of(6 + sign), point.subarray(1)]);
    default: return point.slice();
  }
}

export function publicKey(curve, d) {
  const key = curvePublicKey(curve, d);
  if (key === undefined) throw malformed('it is no number of the curve');
  return key;
}

// Whether a point is one of the curve, and, where there is a private key, its public one.
export function isPair(curve, point, d) {
  if (pointOf(curve, point) === undefined) return false;
  if (d === undefined) return true;
  const key = curvePublicKey(curve, d);
  return key !== undefined && isSame(key, point);
}

// Whether a number is a private key of the curve.
export function isPrivate({ order }, d) {
  const number = bigOf(d);
  return number > 0n && number < BigInt(`0x${order}`);
}

// A private key from random bytes that are longer by 8 (FIPS 186-5, appendix A.2.1).
export function privateKey({ order, bytes }, random) {
  const most = BigInt(`0x${order}`) - 1n;
  return bytesOfBig((bigOf(random) % most) + 1n, bytes);
}

const primes = () => ({
  prime256v1: 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
  secp384r1: 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
  secp521r1: 2n ** 521n - 1n,
  secp256k1: 2n ** 256n - 2n ** 32n - 977n,
});

// The numbers of a curve, y^2 = x^3 + ax + b: the last follows from the base point, which is the public key of 1.
export function parametersOf({ curve, bytes }) {
  const p = primes()[curve];
  const base = publicKey(curve, bytesOfBig(1n, bytes));
  const [x, y] = [bigOf(base.subarray(1, 1 + bytes)), bigOf(base.subarray(1 + bytes))];
  const a = curve === 'secp256k1' ? 0n : p - 3n;
  const b = (((y * y - x * x * x - a * x) % p) + p) % p;
  return { p, a, b, base };
}
