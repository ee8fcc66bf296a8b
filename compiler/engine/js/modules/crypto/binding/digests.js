// Which hash functions there are, and by which names.
import { digest as digestNow, hmac as hmacNow } from 'sandglass:native';
import { invalidDigest } from 'sandglass:crypto/errors';

// Their length and the length of their blocks, in bytes; `xof` has no end.
const DIGESTS = {
  md5: { bytes: 16, block: 64, oid: '2a864886f70d0205' },
  sha1: { bytes: 20, block: 64, oid: '2b0e03021a' },
  sha224: { bytes: 28, block: 64, oid: '608648016503040204' },
  sha256: { bytes: 32, block: 64, oid: '608648016503040201' },
  sha384: { bytes: 48, block: 128, oid: '608648016503040202' },
  sha512: { bytes: 64, block: 128, oid: '608648016503040203' },
  'sha512-224': { bytes: 28, block: 128, oid: '608648016503040205' },
  'sha512-256': { bytes: 32, block: 128, oid: '608648016503040206' },
  'sha3-224': { bytes: 28, block: 144, oid: '608648016503040207' },
  'sha3-256': { bytes: 32, block: 136, oid: '608648016503040208' },
  'sha3-384': { bytes: 48, block: 104, oid: '608648016503040209' },
  'sha3-512': { bytes: 64, block: 72, oid: '60864801650304020a' },
  shake128: { bytes: 16, block: 168, xof: true },
  shake256: { bytes: 32, block: 136, xof: true },
  ripemd160: { bytes: 20, block: 64, oid: '2b24030201' },
  blake2b512: { bytes: 64, block: 128 },
  blake2s256: { bytes: 32, block: 64 },
};

// As OpenSSL names them, and as `getHashes` lists them.
const NAMES = [
  'RSA-MD5', 'RSA-RIPEMD160', 'RSA-SHA1', 'RSA-SHA1-2', 'RSA-SHA224', 'RSA-SHA256', 'RSA-SHA3-224', 'RSA-SHA3-256',
  'RSA-SHA3-384', 'RSA-SHA3-512', 'RSA-SHA384', 'RSA-SHA512', 'RSA-SHA512/224', 'RSA-SHA512/256', 'blake2b512',
  'blake2s256', 'id-rsassa-pkcs1-v1_5-with-sha3-224', 'id-rsassa-pkcs1-v1_5-with-sha3-256',
  'id-rsassa-pkcs1-v1_5-with-sha3-384', 'id-rsassa-pkcs1-v1_5-with-sha3-512', 'md5', 'md5WithRSAEncryption', 'ripemd',
  'ripemd160', 'ripemd160WithRSA', 'rmd160', 'sha1', 'sha1WithRSAEncryption', 'sha224', 'sha224WithRSAEncryption',
  'sha256', 'sha256WithRSAEncryption', 'sha3-224', 'sha3-256', 'sha3-384', 'sha3-512', 'sha384',
  'sha384WithRSAEncryption', 'sha512', 'sha512-224', 'sha512-224WithRSAEncryption', 'sha512-256',
  'sha512-256WithRSAEncryption', 'sha512WithRSAEncryption', 'shake128', 'shake256', 'ssl3-md5', 'ssl3-sha1',
];

function plain(name) {
  return name.toLowerCase()
    .replace(/^(rsa-|ssl3-|id-rsassa-pkcs1-v1_5-with-)/, '')
    .replace(/withrsa(encryption)?$/, '')
    .replace(/^(sha1-2|dss1)$/, 'sha1')
    .replace(/^(ripemd|rmd160|ripemd-160)$/, 'ripemd160')
    .replace(/^sha-?(1|224|256|384|512)$/, 'sha$1')
    .replace(/^sha2?-(224|256|384|512)$/, 'sha$1')
    .replace(/^sha(2-)?512[/-](224|256)$/, 'sha512-$2')
    .replace(/^shake-(128|256)$/, 'shake$1')
    .replace(/^blake2b-512$/, 'blake2b512')
    .replace(/^blake2s-256$/, 'blake2s256');
}

// `{ name, bytes, block, oid, xof }` by any of its names; `undefined` when there is none.
export function findDigest(name) {
  const found = plain(`${name}`);
  return Object.hasOwn(DIGESTS, found) ? { name: found, ...DIGESTS[found] } : undefined;
}

export function getDigest(name) {
  const found = findDigest(name);
  if (found === undefined) throw invalidDigest(name);
  return found;
}

export function digestByOid(oid) {
  return Object.keys(DIGESTS).find((name) => DIGESTS[name].oid === oid);
}

export function getHashes() {
  return [...NAMES];
}

export function digest(name, data, bytes) {
  return digestNow(name, data, bytes);
}

export function hmac(name, key, data) {
  return hmacNow(name, key, data);
}
