// Encryption with RSA.
import { codes, openssl } from 'sandglass:crypto/errors';
import { findDigest, getDigest } from 'sandglass:crypto/binding/digests';
import { kKeyTypePrivate, kKeyTypePublic, kWebCryptoCipherEncrypt } from 'sandglass:crypto/binding/names';
import { arrayBufferOf, bufferOf, copyOf } from 'sandglass:crypto/bytes';
import constants from 'sandglass:crypto/constants';
import { job } from 'sandglass:crypto/job';
import { keyOf } from 'sandglass:crypto/key_data';
import {
  modulusBytes, padOaep, padPkcs1, privateOperation, publicOperation, unpadOaep, unpadPkcs1, wholeBlock,
} from 'sandglass:crypto/rsa_math';

const { RSA_NO_PADDING, RSA_PKCS1_OAEP_PADDING, RSA_PKCS1_PADDING } = constants.crypto;
const NO_LABEL = new Uint8Array(0);

function unknownPadding() {
  return openssl('02000076', 'rsa routines', 'unknown padding type', 'ERR_OSSL_RSA_UNKNOWN_PADDING_TYPE');
}

function rsaOf(kind, data, format, type, passphrase) {
  const key = keyOf(kind, data, format, type, passphrase);
  if (key.type === 'rsa') return key;
  throw openssl('03000096', 'digital envelope routines', 'operation not supported for this keytype',
    'ERR_OSSL_EVP_OPERATION_NOT_SUPPORTED_FOR_THIS_KEYTYPE');
}

function oaepOf(hash, label) {
  const name = hash ?? 'sha1';
  const found = findDigest(name);
  if (found === undefined) {
    throw openssl('03000098', 'digital envelope routines', 'invalid digest', 'ERR_OSSL_EVP_INVALID_DIGEST');
  }
  return [found.name, label === undefined ? NO_LABEL : copyOf(label)];
}

export function publicEncrypt(data, format, type, passphrase, buffer, padding, hash, label) {
  const key = rsaOf(kKeyTypePublic, data, format, type, passphrase);
  const length = modulusBytes(key);
  const plain = copyOf(buffer);
  const padded = () => {
    switch (padding) {
      case RSA_PKCS1_PADDING: return padPkcs1(2, plain, length);
      case RSA_PKCS1_OAEP_PADDING: return padOaep(...oaepOf(hash, label), plain, length);
      case RSA_NO_PADDING: return wholeBlock(plain, length);
      default: throw unknownPadding();
    }
  };
  return bufferOf(publicOperation(key, padded()));
}

export function privateDecrypt(data, format, type, passphrase, buffer, padding, hash, label) {
  if (hash !== undefined) oaepOf(hash, label);
  const key = rsaOf(kKeyTypePrivate, data, format, type, passphrase);
  if (padding === RSA_PKCS1_PADDING) {
    throw new codes.ERR_INVALID_ARG_VALUE('padding', padding,
      'RSA_PKCS1_PADDING is no longer supported for private decryption');
  }
  if (padding !== RSA_PKCS1_OAEP_PADDING && padding !== RSA_NO_PADDING) throw unknownPadding();
  const oaep = padding === RSA_PKCS1_OAEP_PADDING ? oaepOf(hash, label) : undefined;
  const block = privateOperation(key, copyOf(buffer));
  return bufferOf(oaep === undefined ? block : unpadOaep(...oaep, block));
}

export function privateEncrypt(data, format, type, passphrase, buffer, padding) {
  const key = rsaOf(kKeyTypePrivate, data, format, type, passphrase);
  const length = modulusBytes(key);
  const plain = copyOf(buffer);
  if (padding !== RSA_PKCS1_PADDING && padding !== RSA_NO_PADDING) throw unknownPadding();
  const block = padding === RSA_PKCS1_PADDING ? padPkcs1(1, plain, length) : wholeBlock(plain, length);
  return bufferOf(privateOperation(key, block));
}

export function publicDecrypt(data, format, type, passphrase, buffer, padding) {
  const key = rsaOf(kKeyTypePublic, data, format, type, passphrase);
  if (padding !== RSA_PKCS1_PADDING && padding !== RSA_NO_PADDING) throw unknownPadding();
  const block = publicOperation(key, copyOf(buffer));
  return bufferOf(padding === RSA_PKCS1_PADDING ? unpadPkcs1(block).slice() : block);
}

export const RSACipherJob = job((mode, handle, data, _variant, hash, label) => {
  const { name } = getDigest(hash);
  const [given, about] = [copyOf(data), label === undefined ? NO_LABEL : copyOf(label)];
  const { key } = handle;
  return () => arrayBufferOf(mode === kWebCryptoCipherEncrypt
    ? publicOperation(key, padOaep(name, about, given, modulusBytes(key)))
    : unpadOaep(name, about, privateOperation(key, given)));
});

