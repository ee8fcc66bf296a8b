// Keys as they are stored: in PEM or DER, of some type, and perhaps encrypted.
import { namespace } from 'sandglass:native';
import { bufferOf } from 'sandglass:crypto/bytes';
import { Malformed } from 'sandglass:crypto/der';
import { codes, native, openssl } from 'sandglass:crypto/errors';
import {
  readCertificate, readDsaPrivate, readEcPrivate, readPkcs8, readRsaPrivate, readRsaPublic, readSpki, writePkcs8, writeRsaPrivate,
  writeRsaPublic, writeSec1, writeSpki,
} from 'sandglass:crypto/key_formats';
import { readPem, writePem } from 'sandglass:crypto/pem';

const PRIVATE = {
  'PRIVATE KEY': readPkcs8, 'RSA PRIVATE KEY': readRsaPrivate, 'EC PRIVATE KEY': readEcPrivate,
  'DSA PRIVATE KEY': readDsaPrivate, 'ENCRYPTED PRIVATE KEY': undefined,
};
const PUBLIC = { 'PUBLIC KEY': readSpki, 'RSA PUBLIC KEY': readRsaPublic, CERTIFICATE: readCertificate };
const TYPES = {
  private: { pkcs8: readPkcs8, pkcs1: readRsaPrivate, sec1: readEcPrivate },
  public: { spki: readSpki, pkcs1: readRsaPublic },
};
const LABELS = {
  private: { pkcs8: 'PRIVATE KEY', pkcs1: 'RSA PRIVATE KEY', sec1: 'EC PRIVATE KEY' },
  public: { spki: 'PUBLIC KEY', pkcs1: 'RSA PUBLIC KEY' },
};
const WRITERS = {
  private: { pkcs8: writePkcs8, pkcs1: writeRsaPrivate, sec1: writeSec1 },
  public: { spki: writeSpki, pkcs1: writeRsaPublic },
};

function encryption() {
  return namespace('sandglass:crypto/key_encryption');
}

export function asBuffer(bytes) {
  return bufferOf(bytes.slice());
}

function unsupported() {
  return openssl('1E08010C', 'DECODER routines', 'unsupported');
}

// What cannot be read is one error, as it is for OpenSSL.
function reading(read) {
  try {
    return read();
  } catch (error) {
    if (error instanceof Malformed || error instanceof RangeError) throw unsupported();
    throw error;
  }
}

function missingPassphrase() {
  return native('ERR_MISSING_PASSPHRASE', 'Passphrase required for encrypted key', TypeError);
}

// OpenSSL would ask a person, where a text says that it is encrypted.
function nobodyToAsk() {
  return openssl('07880109', 'common libcrypto routines', 'interrupted or cancelled',
    'ERR_OSSL_CRYPTO_INTERRUPTED_OR_CANCELLED');
}

function decrypted(decrypt, passphrase, without) {
  if (passphrase === undefined) throw without();
  return decrypt(passphrase);
}

function readPrivatePem({ label, headers, bytes }, passphrase) {
  if (label === 'ENCRYPTED PRIVATE KEY') {
    return readPkcs8(decrypted((secret) => encryption().decryptPkcs8(bytes, secret), passphrase, nobodyToAsk));
  }
  const isEncrypted = /ENCRYPTED/.test(headers['Proc-Type'] ?? '');
  const plain = isEncrypted
    ? decrypted((secret) => encryption().decryptPem(headers['DEK-Info'], bytes, secret), passphrase, nobodyToAsk) : bytes;
  return PRIVATE[label](plain);
}

function readPrivateDer(type, bytes, passphrase) {
  if (type !== 'pkcs8' || !encryption().isEncrypted(bytes)) return TYPES.private[type](bytes);
  return readPkcs8(decrypted((secret) => encryption().decryptPkcs8(bytes, secret), passphrase, missingPassphrase));
}

function textOf(bytes) {
  return bufferOf(bytes).toString('latin1');
}

// A key of a kind; a public one may also be the public part of a private one.
export function readKey(kind, bytes, { format, type, passphrase }) {
  return reading(() => {
    if (format === 'pem') {
      const text = textOf(bytes);
      const own = kind === 'public' ? readPem(text, (label) => Object.hasOwn(PUBLIC, label)) : undefined;
      if (own !== undefined) return PUBLIC[own.label](own.bytes);
      const pem = readPem(text, (label) => Object.hasOwn(PRIVATE, label));
      if (pem === undefined) throw unsupported();
      return readPrivatePem(pem, passphrase);
    }
    if (kind === 'private') return readPrivateDer(type, bytes, passphrase);
    if (type === 'pkcs1') return readRsaDer(bytes);
    return type === 'spki' ? readSpki(bytes) : readPrivateDer(type, bytes, passphrase);
  });
}

// A public key in PKCS#1 or a private one, as its first number says.
function readRsaDer(bytes) {
  try {
    const key = readRsaPublic(bytes);
    if (key.n.length > 1) return key;
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
  }
  return readRsaPrivate(bytes);
}

// A key as PEM text or DER bytes, encrypted where there is a cipher.
export function writeKey(kind, key, { format, type, cipher, passphrase }) {
  if (type === 'pkcs1' && !key.type.startsWith('rsa')) {
    throw new codes.ERR_CRYPTO_INCOMPATIBLE_KEY_OPTIONS('pkcs1', 'can only be used for RSA keys');
  }
  const bytes = WRITERS[kind][type](key);
  if (cipher == null) return format === 'pem' ? writePem(LABELS[kind][type], bytes) : asBuffer(bytes);
  if (type === 'pkcs8') {
    const encrypted = encryption().encryptPkcs8(bytes, cipher, passphrase);
    return format === 'pem' ? writePem('ENCRYPTED PRIVATE KEY', encrypted) : asBuffer(encrypted);
  }
  const { headers, bytes: encrypted } = encryption().encryptPem(bytes, cipher, passphrase);
  return writePem(LABELS[kind][type], encrypted, headers);
}

