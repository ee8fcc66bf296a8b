// Keys from passwords and from other keys.
import { hkdf, pbkdf2, scrypt } from 'sandglass:native';
import { native, failed } from 'sandglass:crypto/errors';
import { getDigest } from 'sandglass:crypto/binding/digests';
import { arrayBufferOf, copyOf } from 'sandglass:crypto/bytes';
import { job } from 'sandglass:crypto/job';
import { keyBytes } from 'sandglass:crypto/key_data';

export const PBKDF2Job = job((password, salt, iterations, length, digest) => {
  const { name, xof } = getDigest(digest);
  const [key, salted] = [keyBytes(password), copyOf(salt)];
  return () => {
    if (xof) throw failed('PBKDF2 failed');
    return arrayBufferOf(pbkdf2(name, key, salted, iterations, length));
  };
});

export const HKDFJob = job((digest, key, salt, info, length) => {
  const { name, bytes } = getDigest(digest);
  if (length > 255 * bytes) throw native('ERR_CRYPTO_INVALID_KEYLEN', 'Invalid key length', RangeError);
  const [secret, salted, about] = [keyBytes(key), copyOf(salt), copyOf(info)];
  return () => {
    const derived = hkdf(name, secret, salted, about, length);
    if (derived === undefined) throw failed('HKDF failed');
    return arrayBufferOf(derived);
  };
});

const invalidParameters = (why) => native('ERR_CRYPTO_INVALID_SCRYPT_PARAMS', `Invalid scrypt params: ${why}`, RangeError);

// As OpenSSL checks them, with Node.js's words.
function checkScrypt(N, r, p, memoryMax) {
  const isPowerOf2 = N > 1 && Number.isInteger(Math.log2(N));
  if (!isPowerOf2 || r < 1 || p < 1) {
    throw native('ERR_CRYPTO_INVALID_SCRYPT_PARAMS', 'Invalid scrypt params', RangeError);
  }
  const memory = 128 * r * p + 32 * r * (N + 2) * 4;
  const isTooMuch = p > (2 ** 30 - 1) / r || (16 * r <= 32 && N >= 2 ** (16 * r));
  if (isTooMuch || memory > memoryMax) throw invalidParameters('error:030000AC:digital envelope routines::memory limit exceeded');
}

export const ScryptJob = job((password, salt, N, r, p, memoryMax, length) => {
  checkScrypt(N, r, p, memoryMax);
  const [key, salted] = [keyBytes(password), copyOf(salt)];
  return () => {
    if (length === 0) return new ArrayBuffer(0);
    const derived = scrypt(key, salted, [Math.log2(N), r, p], length);
    if (derived === undefined) throw failed('Scrypt failed');
    return arrayBufferOf(derived);
  };
});
