// Asymmetric keys in the formats that they are stored in: PKCS#1 (RFC 8017), PKCS#8 (RFC 5958), SEC 1
// (RFC 5915), SPKI (RFC 5280), X.509 certificates, and those of DSA and Diffie-Hellman (RFC 3279).
//
// A key is `{ type, … }` with bytes: `n`, `e` and for private ones `d`, `p`, `q`, `dp`, `dq`, `qi` of RSA, and
// `pss` where it is for RSASSA-PSS only; `curve`, `point` and `d` of EC; `x` and `d` of RFC 8032 and 7748;
// `p`, `q`, `g`, `y`, `x` of DSA, and `p`, `g`, `y`, `x` of Diffie-Hellman.
import { power } from 'sandglass:native';
import { bytesOfBig, padded, trimmed } from 'sandglass:crypto/bytes';
import { CURVES, curveBy, EDWARDS, parametersOf, pointOf, publicKey } from 'sandglass:crypto/curves';
import {
  bits, INTEGER, malformed, NULL, OCTET_STRING, readSequence, SEQUENCE, small, write, writeBits, writeNumber, writeOid,
  writeSmall,
} from 'sandglass:crypto/der';
import { digestByOid, findDigest } from 'sandglass:crypto/binding/digests';

const RSA = '2a864886f70d010101';
const RSA_PSS = '2a864886f70d01010a';
const MGF1 = '2a864886f70d010108';
const EC = '2a8648ce3d0201';
const PRIME_FIELD = '2a8648ce3d0101';
const DSA = '2a8648ce380401';
const DH = '2a864886f70d010301';
const DHX = '2a8648ce3e0201';
export const RSA_PUBLIC = ['n', 'e'];
export const RSA_PRIVATE = [...RSA_PUBLIC, 'd', 'p', 'q', 'dp', 'dq', 'qi'];
const VERSION_0 = writeNumber(new Uint8Array(0));
const VERSION_1 = writeNumber(Uint8Array.of(1));
const NOTHING = write(NULL);

// ---- reading -----------------------------------------------------------------------------------

export function readRsaPrivate(bytes) {
  const numbers = readSequence(bytes).slice(1).map((item) => item.number);
  if (numbers.length < RSA_PRIVATE.length) throw malformed();
  return { type: 'rsa', ...Object.fromEntries(RSA_PRIVATE.map((name, at) => [name, numbers[at]])) };
}

export function readRsaPublic(bytes) {
  const [n, e] = readSequence(bytes).map((item) => item.number);
  if (e === undefined) throw malformed();
  return { type: 'rsa', n, e };
}

// As OpenSSL once wrote it: p, q, g, and the public and the private number.
export function readDsaPrivate(bytes) {
  const [, p, q, g, y, x] = readSequence(bytes).map((item) => item.number);
  if (x === undefined) throw malformed();
  return { type: 'dsa', p, q, g, y, x };
}

// What a key is limited to, of RFC 4055; without parameters to nothing.
function readPss(parameters) {
  if (parameters === undefined) return { type: 'rsa-pss' };
  const tagged = (tag) => parameters.items.find((item) => item.tag === tag)?.items[0];
  const digestOf = (algorithm) => (algorithm ? digestByOid(algorithm.items[0].text) : 'sha1');
  const salt = tagged(0xa2);
  return {
    type: 'rsa-pss',
    pss: {
      hashAlgorithm: digestOf(tagged(0xa0)),
      mgf1HashAlgorithm: digestOf(tagged(0xa1)?.items[1]),
      saltLength: salt === undefined ? 20 : small(salt.number),
    },
  };
}

// The name of a curve, or all of its numbers: of these, the base point's order says which it is.
function readCurve(parameters) {
  if (parameters?.tag === SEQUENCE) {
    const order = parameters.items[4]?.number;
    return CURVES.find((curve) => curve.order === hex(order)) ?? curveBy('oid', 'of its own');
  }
  return curveBy('oid', parameters?.text);
}

function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export function readEcPrivate(bytes, outer) {
  const [, number, ...optional] = readSequence(bytes);
  const tagged = (tag) => optional.find((item) => item.tag === tag)?.items[0];
  const found = tagged(0xa0) ?? outer;
  const { curve, bytes: length } = readCurve(found);
  const d = padded(trimmed(number.content), length);
  const point = tagged(0xa1);
  const explicit = found.tag === SEQUENCE;
  return { type: 'ec', curve, explicit, d, point: point === undefined ? publicKey(curve, d) : bits(point) };
}

export function readPkcs8(bytes) {
  const [version, algorithm, key] = readSequence(bytes);
  if (version?.tag !== INTEGER || key?.tag !== OCTET_STRING) throw malformed();
  const [oid, parameters] = algorithm.items;
  switch (oid.text) {
    case RSA: return readRsaPrivate(key.content);
    case RSA_PSS: return { ...readRsaPrivate(key.content), ...readPss(parameters) };
    case EC: return readEcPrivate(key.content, parameters);
    case DSA: case DH: case DHX: {
      const domain = readDomain(oid.text, parameters);
      const [x] = readSequence(write(SEQUENCE, key.content)).map((item) => item.number);
      return { ...domain, x, y: power(domain.g, x, domain.p) };
    }
  }
  return edwardsPrivate(edwardsBy(oid), key.content.subarray(2));
}

function readDomain(oid, parameters) {
  const [p, second, third] = parameters.items.map((item) => item.number);
  if (oid === DSA) return { type: 'dsa', p, q: second, g: third };
  return oid === DHX ? { type: 'dh', p, g: second, q: third } : { type: 'dh', p, g: second };
}

function edwardsBy({ text }) {
  const found = Object.keys(EDWARDS).find((type) => EDWARDS[type].oid === text);
  if (found === undefined) throw malformed(`its algorithm ${text} is not supported`);
  return found;
}

export function edwardsPrivate(type, d) {
  if (d.length !== EDWARDS[type].bytes) throw malformed();
  return { type, d, x: publicKey(type, d) };
}

export function readSpki(bytes) {
  const [algorithm, key] = readSequence(bytes);
  if (algorithm?.tag !== SEQUENCE) throw malformed();
  const [oid, parameters] = algorithm.items;
  switch (oid.text) {
    case RSA: return readRsaPublic(bits(key));
    case RSA_PSS: return { ...readRsaPublic(bits(key)), ...readPss(parameters) };
    case EC: return readEcPublic(parameters, bits(key));
    case DSA: case DH: case DHX: {
      const [y] = readSequence(write(SEQUENCE, bits(key))).map((item) => item.number);
      return { ...readDomain(oid.text, parameters), y };
    }
  }
  return edwardsPublic(edwardsBy(oid), bits(key));
}

function edwardsPublic(type, x) {
  if (x.length !== EDWARDS[type].bytes) throw malformed();
  return { type, x };
}

function readEcPublic(parameters, encoded) {
  const { curve, bytes } = readCurve(parameters);
  const isWhole = encoded[0] === 4 && encoded.length === 2 * bytes + 1;
  const point = isWhole ? encoded : pointOf(curve, encoded);
  if (point === undefined) throw malformed('its point is none of the curve');
  return { type: 'ec', curve, explicit: parameters.tag === SEQUENCE, point };
}

// RFC 5280, section 4.1: the key is the seventh field, or the sixth where the version is left out.
export function readCertificate(bytes) {
  const fields = readSequence(bytes)[0].items;
  return readSpki(fields[fields[0].tag === INTEGER ? 5 : 6].whole);
}

// ---- writing -----------------------------------------------------------------------------------

function algorithm(oid, ...parameters) {
  return write(SEQUENCE, writeOid(oid), ...parameters);
}

function writePss(pss) {
  if (pss === undefined) return [];
  const digest = (name) => algorithm(findDigest(name).oid, NOTHING);
  const { hashAlgorithm, mgf1HashAlgorithm, saltLength } = pss;
  return [write(SEQUENCE,
    ...(hashAlgorithm === 'sha1' ? [] : [write(0xa0, digest(hashAlgorithm))]),
    ...(mgf1HashAlgorithm === 'sha1' ? [] : [write(0xa1, algorithm(MGF1, digest(mgf1HashAlgorithm)))]),
    ...(saltLength === 20 ? [] : [write(0xa2, writeSmall(saltLength))]))];
}

// A curve by its name, or by all of its numbers where it was given so (SEC 1, appendix C.2).
function writeCurve({ curve, explicit }) {
  const found = curveBy('curve', curve);
  if (!explicit) return writeOid(found.oid);
  const { p, a, b, base } = parametersOf(found);
  const element = (value) => write(OCTET_STRING, bytesOfBig(value, Math.ceil(p.toString(2).length / 8)));
  return write(SEQUENCE, VERSION_1,
    write(SEQUENCE, writeOid(PRIME_FIELD), writeNumber(bytesOfBig(p))),
    write(SEQUENCE, element(a), element(b)),
    write(OCTET_STRING, base), writeNumber(bytesOfBig(BigInt(`0x${found.order}`))), VERSION_1);
}

function algorithmOf(key) {
  switch (key.type) {
    case 'rsa': return algorithm(RSA, NOTHING);
    case 'rsa-pss': return algorithm(RSA_PSS, ...writePss(key.pss));
    case 'ec': return algorithm(EC, writeCurve(key));
    case 'dsa': return algorithm(DSA, write(SEQUENCE, ...['p', 'q', 'g'].map((name) => writeNumber(key[name]))));
    case 'dh': return algorithm(DH, write(SEQUENCE, writeNumber(key.p), writeNumber(key.g)));
    default: return algorithm(EDWARDS[key.type].oid);
  }
}

export function writeRsaPrivate(key) {
  return write(SEQUENCE, VERSION_0, ...RSA_PRIVATE.map((name) => writeNumber(key[name])));
}

export function writeRsaPublic({ n, e }) {
  return write(SEQUENCE, writeNumber(n), writeNumber(e));
}

function writeEcPrivate({ d, point }, ...parameters) {
  return write(SEQUENCE, VERSION_1, write(OCTET_STRING, d), ...parameters, write(0xa1, writeBits(point)));
}

export function writePkcs8(key) {
  const inner = () => {
    switch (key.type) {
      case 'rsa': case 'rsa-pss': return writeRsaPrivate(key);
      case 'ec': return writeEcPrivate(key);
      case 'dsa': case 'dh': return writeNumber(key.x);
      default: return write(OCTET_STRING, key.d);
    }
  };
  return write(SEQUENCE, VERSION_0, algorithmOf(key), write(OCTET_STRING, inner()));
}

export function writeSec1(key) {
  return writeEcPrivate(key, write(0xa0, writeCurve(key)));
}

export function writeSpki(key) {
  const inner = () => {
    switch (key.type) {
      case 'rsa': case 'rsa-pss': return writeRsaPublic(key);
      case 'ec': return key.point;
      case 'dsa': case 'dh': return writeNumber(key.y);
      default: return key.x;
    }
  };
  return write(SEQUENCE, algorithmOf(key), writeBits(inner()));
}

