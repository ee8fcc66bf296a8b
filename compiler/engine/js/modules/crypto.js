// `require('crypto')`: Node.js's own files, which check what they are given and word what is wrong, over a
// binding of ours to what the host does (`crypto/binding.js`). Each part is loaded when it is first touched,
// but for hashes, random numbers and keys, which most lambdas with `crypto` use.
import { namespace } from 'sandglass:native';
import { internalBinding, load } from 'sandglass:crypto/loader';
import { Hash, Hmac } from 'sandglass:crypto/hash';

const PARTS = {
  cipher: [
    'Cipher', 'Cipheriv', 'Decipher', 'Decipheriv', 'getCipherInfo', 'privateDecrypt', 'privateEncrypt', 'publicDecrypt',
    'publicEncrypt',
  ],
  diffiehellman: ['DiffieHellman', 'DiffieHellmanGroup', 'ECDH', 'diffieHellman'],
  hash: ['hash'],
  hkdf: ['hkdf', 'hkdfSync'],
  keygen: ['generateKey', 'generateKeyPair', 'generateKeyPairSync', 'generateKeySync'],
  keys: ['KeyObject', 'createPrivateKey', 'createPublicKey', 'createSecretKey'],
  pbkdf2: ['pbkdf2', 'pbkdf2Sync'],
  random: [
    'checkPrime', 'checkPrimeSync', 'generatePrime', 'generatePrimeSync', 'randomBytes', 'randomFill', 'randomFillSync',
    'randomInt', 'randomUUID',
  ],
  scrypt: ['scrypt', 'scryptSync'],
  sig: ['Sign', 'Verify'],
  util: ['getCiphers', 'getCurves', 'getHashes', 'secureHeapUsed', 'setEngine'],
  x509: ['X509Certificate'],
};

function part(name) {
  return load(`internal/crypto/${name}`);
}

function webcrypto() {
  return namespace('sandglass:web_crypto').crypto;
}

const deprecated = new Map();

function warned(name, make) {
  if (!deprecated.has(name)) {
    const { deprecate } = namespace('sandglass:crypto/inside').inside['internal/util'];
    deprecated.set(name, deprecate(make, `crypto.${name} is deprecated.`, 'DEP0106'));
  }
  return deprecated.get(name);
}

const crypto = {
  createCipheriv: function createCipheriv(cipher, key, iv, options) {
    return new (part('cipher').Cipheriv)(cipher, key, iv, options);
  },
  createDecipheriv: function createDecipheriv(cipher, key, iv, options) {
    return new (part('cipher').Decipheriv)(cipher, key, iv, options);
  },
  createDiffieHellman: function createDiffieHellman(sizeOrKey, keyEncoding, generator, genEncoding) {
    return new (part('diffiehellman').DiffieHellman)(sizeOrKey, keyEncoding, generator, genEncoding);
  },
  createDiffieHellmanGroup: function createDiffieHellmanGroup(name) {
    return new (part('diffiehellman').DiffieHellmanGroup)(name);
  },
  createECDH: function createECDH(curve) { return new (part('diffiehellman').ECDH)(curve); },
  createHash: function createHash(algorithm, options) { return new Hash(algorithm, options); },
  createHmac: function createHmac(hmac, key, options) { return new Hmac(hmac, key, options); },
  createSign: function createSign(algorithm, options) { return new (part('sig').Sign)(algorithm, options); },
  createVerify: function createVerify(algorithm, options) { return new (part('sig').Verify)(algorithm, options); },
  getDiffieHellman: function getDiffieHellman(name) {
    return new (part('diffiehellman').DiffieHellmanGroup)(name);
  },
  sign: function sign(...args) { return part('sig').signOneShot(...args); },
  verify: function verify(...args) { return part('sig').verifyOneShot(...args); },
  getFips: function getFips() { return 0; },
  setFips: function setFips(value) { internalBinding('crypto').setFipsCrypto(value); },
  timingSafeEqual: function timingSafeEqual(a, b) { return internalBinding('crypto').timingSafeEqual(a, b); },
  Hash,
  Hmac,
};

// A property that becomes what it stands for when it is first read.
function lazy(name, read) {
  const set = (value) => Object.defineProperty(
    crypto, name, { value, writable: true, configurable: true, enumerable: true });
  Object.defineProperty(crypto, name, {
    get() {
      const value = read();
      set(value);
      return value;
    },
    set,
    configurable: true,
    enumerable: true,
  });
}

for (const [file, names] of Object.entries(PARTS)) {
  for (const name of names) lazy(name, () => part(file)[name]);
}
lazy('Certificate', () => part('certificate'));

Object.defineProperties(crypto, {
  createCipher: {
    get: () => warned('createCipher', (...args) => new (part('cipher').Cipher)(...args)), configurable: true,
  },
  createDecipher: {
    get: () => warned('createDecipher', (...args) => new (part('cipher').Decipher)(...args)), configurable: true,
  },
  fips: { get: crypto.getFips, set: crypto.setFips },
  constants: { get: () => internalBinding('constants').crypto, enumerable: true },
  webcrypto: { get: webcrypto, enumerable: true },
  subtle: { get: () => webcrypto().subtle, enumerable: true },
  getRandomValues: {
    get: () => function getRandomValues(view) { return webcrypto().getRandomValues(view); }, enumerable: true,
  },
  prng: { get: () => crypto.randomBytes, configurable: true },
  pseudoRandomBytes: { get: () => crypto.randomBytes, configurable: true },
  rng: { get: () => crypto.randomBytes, configurable: true },
});

export default crypto;
