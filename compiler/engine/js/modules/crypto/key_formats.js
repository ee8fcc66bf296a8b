// Asymmetric keys in the formats that they are stored in: PKCS#1 (RFC 8017), PKCS#8 (RFC 5958), SEC 1
// (RFC 5915), SPKI (RFC 5280), X.509 certificates, and JWK (RFC 7517).
//
// A key is `{ type, … }` with bytes: `n`, `e` and for private ones `d`, `p`, `q`, `dp`, `dq`, `qi` of RSA;
// `curve`, `point` and `d` of EC; `x` and `d` of Ed25519.
import { base64Decode, base64Encode, ed25519PublicKey, hexDecode } from 'sandglass:native';
import { concatenate } from 'sandglass:blob';
import {
  bits, INTEGER, malformed, NULL, OBJECT_ID, OCTET_STRING, readPem, readSequence, SEQUENCE, trimmed, write, writeBits,
  writeNumber, writePem,
} from 'sandglass:crypto/der';

const RSA = '2a864886f70d010101';
const EC = '2a8648ce3d0201';
const ED25519 = '2b6570';
// The name of each curve in Node.js and in JWK, and how many bytes its numbers have.
export const CURVES = [
  { oid: '2a8648ce3d030107', curve: 'prime256v1', crv: 'P-256', bytes: 32 },
  { oid: '2b81040022', curve: 'secp384r1', crv: 'P-384', bytes: 48 },
  { oid: '2b81040023', curve: 'secp521r1', crv: 'P-521', bytes: 66 },
  { oid: '2b8104000a', curve: 'secp256k1', crv: 'secp256k1', bytes: 32 },
];
const RSA_PUBLIC = ['n', 'e'];
const RSA_PRIVATE = [...RSA_PUBLIC, 'd', 'p', 'q', 'dp', 'dq', 'qi'];
const VERSION_0 = writeNumber(new Uint8Array(0));
const VERSION_1 = writeNumber(Uint8Array.of(1));

function curveBy(property, value) {
  const found = CURVES.find((curve) => curve[property] === value);
  if (found === undefined) throw malformed(`its curve ${value} is not supported`);
  return found;
}

function padded(number, length) {
  return concatenate([new Uint8Array(Math.max(length - number.length, 0)), number]);
}

// ---- reading -----------------------------------------------------------------------------------

function readRsaPrivate(bytes) {
  const numbers = readSequence(bytes).slice(1).map((item) => item.number);
  if (numbers.length < RSA_PRIVATE.length) throw malformed();
  return { type: 'rsa', ...Object.fromEntries(RSA_PRIVATE.map((name, at) => [name, numbers[at]])) };
}

function readRsaPublic(bytes) {
  const [n, e] = readSequence(bytes).map((item) => item.number);
  if (e === undefined) throw malformed();
  return { type: 'rsa', n, e };
}

function readEcPrivate(bytes, outerCurve) {
  const [, number, ...optional] = readSequence(bytes);
  const tagged = (tag) => optional.find((item) => item.tag === tag)?.items[0];
  const { curve, bytes: length } = curveBy('oid', tagged(0xa0)?.text ?? outerCurve);
  const point = tagged(0xa1);
  if (point === undefined) throw malformed('it lacks its public part');
  return { type: 'ec', curve, d: padded(trimmed(number.content), length), point: bits(point) };
}

function readPkcs8(bytes) {
  const [, algorithm, key] = readSequence(bytes);
  if (key?.tag !== OCTET_STRING) throw malformed();
  const [oid, parameters] = algorithm.items;
  switch (oid.text) {
    case RSA: return readRsaPrivate(key.content);
    case EC: return readEcPrivate(key.content, parameters.text);
    case ED25519: return ed25519(key.content.subarray(2));
  }
  throw malformed(`its algorithm ${oid.text} is not supported`);
}

function ed25519(d) {
  return { type: 'ed25519', d, x: ed25519PublicKey(d) };
}

function readSpki(bytes) {
  const [algorithm, key] = readSequence(bytes);
  const [oid, parameters] = algorithm.items;
  switch (oid.text) {
    case RSA: return readRsaPublic(bits(key));
    case EC: return { type: 'ec', curve: curveBy('oid', parameters.text).curve, point: bits(key) };
    case ED25519: return { type: 'ed25519', x: bits(key) };
  }
  throw malformed(`its algorithm ${oid.text} is not supported`);
}

// RFC 5280, section 4.1: the key is the seventh field, or the sixth where the version is left out.
function readCertificate(bytes) {
  const fields = readSequence(bytes)[0].items;
  const { content } = fields[fields[0].tag === INTEGER ? 5 : 6];
  return readSpki(write(SEQUENCE, content));
}

const READERS = {
  'PRIVATE KEY': readPkcs8, 'RSA PRIVATE KEY': readRsaPrivate, 'EC PRIVATE KEY': readEcPrivate,
  'PUBLIC KEY': readSpki, 'RSA PUBLIC KEY': readRsaPublic, CERTIFICATE: readCertificate,
};
const LABELS = {
  private: { pkcs8: 'PRIVATE KEY', pkcs1: 'RSA PRIVATE KEY', sec1: 'EC PRIVATE KEY' },
  public: { spki: 'PUBLIC KEY', pkcs1: 'RSA PUBLIC KEY' },
};

// A key from PEM text, or from DER of a format that is named.
export function readKey(kind, { bytes, text, type }) {
  const pem = text === undefined ? { label: LABELS[kind][type], bytes } : readPem(text);
  const read = READERS[pem?.label];
  if (read !== undefined) return read(pem.bytes);
  throw malformed(text === undefined ? `its type ${type} is none of ${Object.keys(LABELS[kind])}` : 'it is not in PEM');
}

export function readJwk(jwk) {
  const bytes = (name) => {
    if (typeof jwk[name] !== 'string') throw malformed(`its JWK lacks "${name}"`);
    return base64Decode(jwk[name]);
  };
  const isPrivate = jwk.d !== undefined;
  switch (jwk.kty) {
    case 'RSA': {
      const names = isPrivate ? RSA_PRIVATE : RSA_PUBLIC;
      return { type: 'rsa', ...Object.fromEntries(names.map((name) => [name, trimmed(bytes(name))])) };
    }
    case 'EC': {
      const { curve, bytes: length } = curveBy('crv', jwk.crv);
      const point = concatenate([Uint8Array.of(4), padded(bytes('x'), length), padded(bytes('y'), length)]);
      return { type: 'ec', curve, point, ...(isPrivate && { d: padded(bytes('d'), length) }) };
    }
    case 'OKP':
      if (jwk.crv !== 'Ed25519') throw malformed(`its curve ${jwk.crv} is not supported`);
      return isPrivate ? ed25519(bytes('d')) : { type: 'ed25519', x: bytes('x') };
  }
  throw malformed(`a JWK of type ${jwk.kty} is not supported`);
}

// ---- writing -----------------------------------------------------------------------------------

function algorithm(oid, ...parameters) {
  return write(SEQUENCE, write(OBJECT_ID, hexDecode(oid)), ...parameters);
}

function algorithmOf(key) {
  switch (key.type) {
    case 'rsa': return algorithm(RSA, write(NULL));
    case 'ec': return algorithm(EC, write(OBJECT_ID, hexDecode(curveBy('curve', key.curve).oid)));
    default: return algorithm(ED25519);
  }
}

export function writeRsaPrivate(key) {
  return write(SEQUENCE, VERSION_0, ...RSA_PRIVATE.map((name) => writeNumber(key[name])));
}

export function writeRsaPublic({ n, e }) {
  return write(SEQUENCE, writeNumber(n), writeNumber(e));
}

function writeEcPrivate({ curve, d, point }, ...parameters) {
  return write(SEQUENCE, VERSION_1, write(OCTET_STRING, d), ...parameters, write(0xa1, writeBits(point)));
}

function writePkcs8(key) {
  const inner = { rsa: writeRsaPrivate, ec: writeEcPrivate, ed25519: ({ d }) => write(OCTET_STRING, d) }[key.type](key);
  return write(SEQUENCE, VERSION_0, algorithmOf(key), write(OCTET_STRING, inner));
}

function writeSec1(key) {
  return writeEcPrivate(key, write(0xa0, write(OBJECT_ID, hexDecode(curveBy('curve', key.curve).oid))));
}

function writeSpki(key) {
  const inner = { rsa: writeRsaPublic, ec: ({ point }) => point, ed25519: ({ x }) => x }[key.type](key);
  return write(SEQUENCE, algorithmOf(key), writeBits(inner));
}

const WRITERS = {
  private: { pkcs8: writePkcs8, pkcs1: writeRsaPrivate, sec1: writeSec1 },
  public: { spki: writeSpki, pkcs1: writeRsaPublic },
};

// A key as PEM text or DER bytes.
export function writeKey(kind, key, { format, type }) {
  const writer = WRITERS[kind][type];
  const fits = type === 'pkcs1' ? key.type === 'rsa' : type === 'sec1' ? key.type === 'ec' : true;
  if (writer === undefined || !fits) throw new TypeError(`A ${kind} ${key.type} key has no format ${type}`);
  const bytes = writer(key);
  return format === 'pem' ? writePem(LABELS[kind][type], bytes) : bytes;
}

export function writeJwk(kind, key) {
  const text = (bytes) => base64Encode(bytes, true);
  const names = kind === 'private' ? RSA_PRIVATE : RSA_PUBLIC;
  switch (key.type) {
    case 'rsa': return { kty: 'RSA', ...Object.fromEntries(names.map((name) => [name, text(key[name])])) };
    case 'ec': {
      const { crv, bytes } = curveBy('curve', key.curve);
      const [x, y] = [key.point.subarray(1, 1 + bytes), key.point.subarray(1 + bytes)];
      return { kty: 'EC', crv, x: text(x), y: text(y), ...(kind === 'private' && { d: text(key.d) }) };
    }
    default: return { kty: 'OKP', crv: 'Ed25519', x: text(key.x), ...(kind === 'private' && { d: text(key.d) }) };
  }
}
