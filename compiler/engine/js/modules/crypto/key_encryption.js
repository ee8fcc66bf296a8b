// Private keys that are stored encrypted: PBES2 (RFC 8018) and the old way of OpenSSL's PEM (RFC 1421).
import { cipherCbc, cipherEcb, hexDecode, hexEncode, pbkdf2, randomSecret } from 'sandglass:native';
import { join } from 'sandglass:crypto/bytes';
import { digest } from 'sandglass:crypto/binding/digests';
import {
  malformed, NULL, OCTET_STRING, readSequence, SEQUENCE, small, write, writeOid, writeSmall,
} from 'sandglass:crypto/der';
import { native, openssl } from 'sandglass:crypto/errors';

const PBES2 = '2a864886f70d01050d';
const PBKDF2 = '2a864886f70d01050c';
const HMACS = {
  '2a864886f70d0207': 'sha1', '2a864886f70d0208': 'sha224', '2a864886f70d0209': 'sha256', '2a864886f70d020a': 'sha384',
  '2a864886f70d020b': 'sha512',
};
const HMAC_SHA256 = '2a864886f70d0209';
const ITERATIONS = 2_048;
const CIPHERS = {
  'aes-128-ecb': { oid: '608648016503040101', cipher: 'aes', key: 16, block: 16, plain: true },
  'aes-192-ecb': { oid: '608648016503040115', cipher: 'aes', key: 24, block: 16, plain: true },
  'aes-256-ecb': { oid: '608648016503040129', cipher: 'aes', key: 32, block: 16, plain: true },
  'aes-128-cbc': { oid: '608648016503040102', cipher: 'aes', key: 16, block: 16 },
  'aes-192-cbc': { oid: '608648016503040116', cipher: 'aes', key: 24, block: 16 },
  'aes-256-cbc': { oid: '60864801650304012a', cipher: 'aes', key: 32, block: 16 },
  'des-ede3-cbc': { oid: '2a864886f70d0307', cipher: 'des-ede3', key: 24, block: 8 },
  'des-cbc': { oid: '2b0e030207', cipher: 'des', key: 8, block: 8 },
};
const ALIASES = {
  aes128: 'aes-128-cbc', aes192: 'aes-192-cbc', aes256: 'aes-256-cbc', des3: 'des-ede3-cbc', des: 'des-cbc',
};

function cipherBy(name) {
  const lower = name.toLowerCase();
  const found = CIPHERS[ALIASES[lower] ?? lower];
  if (found === undefined) throw native('ERR_CRYPTO_UNKNOWN_CIPHER', 'Unknown cipher');
  return { name: ALIASES[lower] ?? lower, ...found };
}

function badDecrypt() {
  return openssl('1C800064', 'Provider routines', 'bad decrypt');
}

function pad(bytes, block) {
  const count = block - (bytes.length % block);
  return join([bytes, new Uint8Array(count).fill(count)]);
}

function unpad(bytes) {
  const count = bytes.at(-1);
  if (!(count > 0 && count <= bytes.length) || bytes.subarray(-count).some((byte) => byte !== count)) throw badDecrypt();
  return bytes.subarray(0, -count);
}

function work({ cipher, plain }, isEncrypting, key, iv, bytes) {
  return plain ? cipherEcb(cipher, isEncrypting, key, bytes) : cipherCbc(cipher, isEncrypting, key, iv, bytes);
}

function decrypt(found, key, iv, bytes) {
  const plain = work(found, false, key, iv, bytes);
  if (typeof plain === 'string') throw badDecrypt();
  return unpad(plain);
}

// Whether DER is PKCS#8 that is encrypted: it begins with an algorithm where others have a version.
export function isEncrypted(bytes) {
  return readSequence(bytes)[0]?.tag === SEQUENCE;
}

export function decryptPkcs8(bytes, passphrase) {
  const [algorithm, data] = readSequence(bytes);
  const [scheme, parameters] = algorithm.items;
  if (scheme.text !== PBES2) throw malformed('its encryption is not supported');
  const [derivation, encryption] = parameters.items.map((item) => item.items);
  if (derivation[0].text !== PBKDF2) throw malformed('its derivation is not supported');
  const [salt, iterations, ...rest] = derivation[1].items;
  const hmac = rest.find((item) => item.tag === SEQUENCE)?.items[0].text;
  const found = Object.values(CIPHERS).find((cipher) => cipher.oid === encryption[0].text);
  if (found === undefined) throw malformed('its cipher is not supported');
  const hash = hmac === undefined ? 'sha1' : HMACS[hmac];
  const key = pbkdf2(hash, passphrase, salt.content, small(iterations.number), found.key);
  return decrypt(found, key, encryption[1]?.content, data.content);
}

export function encryptPkcs8(bytes, name, passphrase) {
  const found = cipherBy(name);
  const [salt, iv] = [randomSecret(16), randomSecret(found.block)];
  const key = pbkdf2('sha256', passphrase, salt, ITERATIONS, found.key);
  const hmac = write(SEQUENCE, writeOid(HMAC_SHA256), write(NULL));
  const derivation = write(SEQUENCE, writeOid(PBKDF2),
    write(SEQUENCE, write(OCTET_STRING, salt), writeSmall(ITERATIONS), hmac));
  const encryption = write(
    SEQUENCE, writeOid(found.oid), ...(found.plain ? [] : [write(OCTET_STRING, iv)]));
  const encrypted = work(found, true, key, iv, pad(bytes, found.block));
  return write(SEQUENCE,
    write(SEQUENCE, writeOid(PBES2), write(SEQUENCE, derivation, encryption)), write(OCTET_STRING, encrypted));
}

// OpenSSL's EVP_BytesToKey with MD5, salted with the first half of a block.
export function keyFromPassphrase(passphrase, salt, length) {
  let key = new Uint8Array(0);
  let last = new Uint8Array(0);
  while (key.length < length) {
    last = digest('md5', join([last, passphrase, salt]));
    key = join([key, last]);
  }
  return key.subarray(0, length);
}

export function decryptPem(information, bytes, passphrase) {
  const [name, text] = information.split(',');
  const found = cipherBy(name);
  const iv = hexDecode(text.trim());
  return decrypt(found, keyFromPassphrase(passphrase, iv.subarray(0, 8), found.key), iv, bytes);
}

export function encryptPem(bytes, name, passphrase) {
  const found = cipherBy(name);
  const iv = randomSecret(found.block);
  const key = keyFromPassphrase(passphrase, iv.subarray(0, 8), found.key);
  const information = `${found.name.toUpperCase()},${hexEncode(iv).toUpperCase()}`;
  return {
    headers: `Proc-Type: 4,ENCRYPTED\nDEK-Info: ${information}\n\n`,
    bytes: work(found, true, key, iv, pad(bytes, found.block)),
  };
}

