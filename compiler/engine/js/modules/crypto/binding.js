// What is compiled into Node.js for its `crypto`, in parts that are loaded when they are touched.
import { namespace } from 'sandglass:native';
import * as constants from 'sandglass:crypto/binding/names';

const PARTS = {
  hash: ['Hash', 'HashJob', 'Hmac', 'HmacJob', 'oneShotDigest', 'getCachedAliases', 'getHashes'],
  random: ['RandomBytesJob', 'RandomPrimeJob', 'CheckPrimeJob', 'SecretKeyGenJob', 'secureBuffer', 'timingSafeEqual'],
  derive: ['PBKDF2Job', 'ScryptJob', 'HKDFJob'],
  cipher: ['CipherBase', 'AESCipherJob', 'getCipherInfo', 'getCiphers'],
  rsa: ['RSACipherJob', 'publicEncrypt', 'publicDecrypt', 'privateEncrypt', 'privateDecrypt'],
  sign: ['Sign', 'Verify', 'SignJob'],
  keys: ['KeyObjectHandle', 'createNativeKeyObjectClass', 'RSAKeyExportJob', 'ECKeyExportJob'],
  keygen: ['RsaKeyPairGenJob', 'EcKeyPairGenJob', 'NidKeyPairGenJob', 'DhKeyPairGenJob', 'DsaKeyPairGenJob'],
  ecdh: ['ECDH', 'ECDHBitsJob', 'ECDHConvertKey', 'statelessDH', 'getCurves'],
  dh: ['DiffieHellman', 'DiffieHellmanGroup'],
  x509: ['parseX509', 'certVerifySpkac', 'certExportPublicKey', 'certExportChallenge'],
};

export const binding = {
  ...constants,
  getFipsCrypto: () => 0,
  setFipsCrypto(value) { if (value) throw new Error('FIPS mode is not supported'); },
  testFipsCrypto: () => false,
  secureHeapUsed: () => undefined,
  setEngine: undefined,
};

for (const [part, names] of Object.entries(PARTS)) {
  for (const name of names) {
    Object.defineProperty(binding, name, {
      get: () => namespace(`sandglass:crypto/binding/${part}`)[name], enumerable: true, configurable: true,
    });
  }
}
