// Signatures. Those of JSON Web Tokens are made by the host as a whole; for others it works on the hash.
import { curveSign, curveVerify, power, randomSecret, sign as signNow, verify as verifyNow } from 'sandglass:native';
import {
  arrayBufferOf, bigOf, bitsOf, bufferOf, bytesOfBig, copyOf, dataOf, isSame, join,
} from 'sandglass:crypto/bytes';
import { digest, findDigest, getDigest } from 'sandglass:crypto/binding/digests';
import {
  kKeyTypePrivate, kKeyTypePublic, kSigEncP1363, kSignJobModeSign,
} from 'sandglass:crypto/binding/names';
import constants from 'sandglass:crypto/constants';
import { CURVES } from 'sandglass:crypto/curves';
import { readSequence, SEQUENCE, write, writeNumber } from 'sandglass:crypto/der';
import { native, openssl, unsupported } from 'sandglass:crypto/errors';
import { job } from 'sandglass:crypto/job';
import { keyOf } from 'sandglass:crypto/key_data';
import { writeRsaPrivate, writeRsaPublic } from 'sandglass:crypto/key_formats';
import {
  encodePkcs1, encodePss, isPss, modulusBytes, privateOperation, publicOperation, SALT_DIGEST, SALT_MAX,
} from 'sandglass:crypto/rsa_math';

const { RSA_PKCS1_PADDING, RSA_PKCS1_PSS_PADDING } = constants.crypto;
// What the host signs at once, and the moduli that it signs and verifies with.
const WHOLE_BYTES_MAX = 1 << 20;
const WHOLE_BITS = { sign: [2_048, 4_096], verify: [2_048, 8_192] };
const WHOLE_HASHES = ['sha256', 'sha384', 'sha512'];
const WHOLE_CURVES = {
  'prime256v1 sha256': 'ecdsa-p256-sha256', 'secp384r1 sha384': 'ecdsa-p384-sha384',
  'secp521r1 sha512': 'ecdsa-p521-sha512',
};

// ---- RSA -----------------------------------------------------------------------------------------

function rsaOptions(key, name, { padding, saltLength }, otherwise) {
  const isPssKey = key.type === 'rsa-pss';
  const chosen = padding ?? (isPssKey ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING);
  if (chosen !== RSA_PKCS1_PADDING && chosen !== RSA_PKCS1_PSS_PADDING) throw illegalPadding();
  if (isPssKey && chosen !== RSA_PKCS1_PSS_PADDING) throw illegalPadding();
  const salt = saltLength ?? (key.pss && otherwise === SALT_MAX ? key.pss.saltLength : otherwise);
  if (key.pss !== undefined) {
    const { bytes } = findDigest(name);
    const length = salt === SALT_DIGEST ? bytes : salt;
    if (length >= 0 && length < key.pss.saltLength) throw openssl('1C8000AC', 'Provider routines', 'pss saltlen too small');
    if (key.pss.hashAlgorithm !== name) throw openssl('1C8000AE', 'Provider routines', 'digest not allowed');
  }
  const mgf = key.pss?.mgf1HashAlgorithm ?? name;
  return { isPss: chosen === RSA_PKCS1_PSS_PADDING, name, mgf, saltLength: salt };
}

function illegalPadding() {
  return openssl('1C8000A5', 'Provider routines', 'illegal or unsupported padding mode',
    'ERR_OSSL_ILLEGAL_OR_UNSUPPORTED_PADDING_MODE');
}

// The host's scheme, where it has one for this key and these data.
function wholeRsa(use, key, data, { isPss, name, mgf, saltLength }) {
  const [least, most] = WHOLE_BITS[use];
  const bits = bitsOf(key.n);
  if (!WHOLE_HASHES.includes(name) || mgf !== name || bits < least || bits > most || bits % 8 !== 0) return undefined;
  if (data.length > WHOLE_BYTES_MAX) return undefined;
  if (isPss && saltLength !== SALT_DIGEST && saltLength !== findDigest(name).bytes) return undefined;
  return `${isPss ? 'rsa-pss' : 'rsa-pkcs1'}-${name}`;
}

function signRsa(key, name, data, options) {
  const chosen = rsaOptions(key, name, options, SALT_MAX);
  const scheme = wholeRsa('sign', key, data, chosen);
  if (scheme !== undefined) {
    try {
      return signNow(scheme, writeRsaPrivate(key), data);
    } catch (error) {
      // Some keys are none for the host's library, such as those with other public exponents.
      if (!/^the key cannot be used/.test(error.message)) throw error;
    }
  }
  const hash = digest(name, data);
  const encoded = chosen.isPss ? encodePss(key, chosen, hash) : encodePkcs1(name, hash, modulusBytes(key));
  return privateOperation(key, encoded);
}

function verifyRsa(key, name, data, options, signature) {
  const chosen = rsaOptions(key, name, options, SALT_MAX);
  if (signature.length !== modulusBytes(key)) return false;
  const scheme = wholeRsa('verify', key, data, chosen);
  if (scheme !== undefined && verifyNow(scheme, writeRsaPublic(key), data, signature)) return true;
  const hash = digest(name, data);
  try {
    const encoded = publicOperation(key, signature);
    if (chosen.isPss) return isPss(key, chosen, hash, encoded);
    return isSame(encoded, encodePkcs1(name, hash, encoded.length));
  } catch (error) {
    if (/data too large|digest too big/.test(error.message)) return false;
    throw error;
  }
}

// ---- ECDSA and DSA -------------------------------------------------------------------------------

// Two numbers: in DER for OpenSSL, side by side for the web.
function toDer(signature) {
  const half = signature.length / 2;
  return write(SEQUENCE, writeNumber(signature.subarray(0, half)), writeNumber(signature.subarray(half)));
}

// DER has one way to write two numbers. Any other is malformed, as for OpenSSL: no signature of anything.
function fromDer(signature, bytes) {
  try {
    const numbers = readSequence(signature).map((item) => item.number);
    const fixed = join(numbers.flatMap((number) => [new Uint8Array(bytes - number.length), number]));
    return numbers.length === 2 && isSame(toDer(fixed), signature) ? fixed : undefined;
  } catch {
    return undefined;
  }
}

function numberBytes(key) {
  if (key.type === 'dsa') return Math.ceil(bitsOf(key.q) / 8);
  return CURVES.find(({ curve }) => curve === key.curve).bytes;
}

function signEc(key, name, data) {
  const scheme = WHOLE_CURVES[`${key.curve} ${name}`];
  if (scheme !== undefined && data.length <= WHOLE_BYTES_MAX) return signNow(scheme, join([key.d, key.point]), data);
  const signature = curveSign(key.curve, key.d, digest(name, data));
  if (signature === undefined) throw native('ERR_CRYPTO_OPERATION_FAILED', 'The key cannot be used');
  return signature;
}

function verifyEc(key, name, data, signature) {
  const scheme = WHOLE_CURVES[`${key.curve} ${name}`];
  if (scheme !== undefined && data.length <= WHOLE_BYTES_MAX) return verifyNow(scheme, key.point, data, signature);
  return curveVerify(key.curve, key.point, digest(name, data), signature);
}

// A hash as a number as long as the group's order (FIPS 186-4, section 4.6).
function hashNumber(hash, q) {
  const excess = Math.max(hash.length * 8 - bitsOf(q), 0);
  return bigOf(hash) >> BigInt(excess);
}

// To a power modulo a prime; the inverse is the power of two less than it.
function modulo(base, exponent, modulus) {
  return bigOf(power(bytesOfBig(base), bytesOfBig(exponent), bytesOfBig(modulus)));
}

function signDsa(key, name, data) {
  const [p, q, g, x] = ['p', 'q', 'g', 'x'].map((part) => bigOf(key[part]));
  const z = hashNumber(digest(name, data), key.q);
  for (;;) {
    const k = (bigOf(randomSecret(key.q.length + 8)) % (q - 1n)) + 1n;
    const r = modulo(g, k, p) % q;
    const s = (modulo(k, q - 2n, q) * (z + x * r)) % q;
    if (r !== 0n && s !== 0n) {
      const bytes = numberBytes(key);
      return join([bytesOfBig(r, bytes), bytesOfBig(s, bytes)]);
    }
  }
}

function verifyDsa(key, name, data, signature) {
  const [p, q, g, y] = ['p', 'q', 'g', 'y'].map((part) => bigOf(key[part]));
  const half = signature.length / 2;
  const [r, s] = [bigOf(signature.subarray(0, half)), bigOf(signature.subarray(half))];
  if (r <= 0n || r >= q || s <= 0n || s >= q) return false;
  const w = modulo(s, q - 2n, q);
  const z = hashNumber(digest(name, data), key.q);
  return ((modulo(g, (z * w) % q, p) * modulo(y, (r * w) % q, p)) % p) % q === r;
}

// ---- all -----------------------------------------------------------------------------------------

function isEdwards({ type }) {
  return type === 'ed25519' || type === 'ed448';
}

function refused() {
  return openssl('03000096', 'digital envelope routines', 'operation not supported for this keytype',
    'ERR_OSSL_EVP_OPERATION_NOT_SUPPORTED_FOR_THIS_KEYTYPE');
}

function signBytes(key, name, data, options) {
  switch (key.type) {
    case 'rsa': case 'rsa-pss': return signRsa(key, name, data, options);
    case 'ec': case 'dsa': {
      const signature = (key.type === 'ec' ? signEc : signDsa)(key, name, data);
      return options.encoding === kSigEncP1363 ? signature : toDer(signature);
    }
    case 'ed25519': case 'ed448': return signNow(key.type, key.d, data);
    default: throw refused();
  }
}

function verifyBytes(key, name, data, options, given) {
  switch (key.type) {
    case 'rsa': case 'rsa-pss': return verifyRsa(key, name, data, options, given);
    case 'ec': case 'dsa': {
      const bytes = numberBytes(key);
      const signature = options.encoding === kSigEncP1363 ? given : fromDer(given, bytes);
      if (signature?.length !== 2 * bytes) return false;
      return (key.type === 'ec' ? verifyEc : verifyDsa)(key, name, data, signature);
    }
    case 'ed25519': case 'ed448': return verifyNow(key.type, key.x, data, given);
    default: throw refused();
  }
}

// Data until they are signed or verified.
class Gathering {
  #digest;
  #chunks = [];

  init(name) {
    this.#digest = findDigest(name);
    if (this.#digest === undefined || this.#digest.xof) {
      throw native('ERR_CRYPTO_INVALID_DIGEST', 'Invalid digest', TypeError);
    }
  }

  update(data, encoding) {
    this.#chunks.push(dataOf(data, encoding));
  }

  _ready(key) {
    if (isEdwards(key)) throw unsupported();
    return [key, this.#digest.name, join(this.#chunks)];
  }
}

export class Sign extends Gathering {
  sign(data, format, type, passphrase, padding, saltLength, encoding) {
    const ready = this._ready(keyOf(kKeyTypePrivate, data, format, type, passphrase));
    return bufferOf(signBytes(...ready, { padding, saltLength, encoding }));
  }
}

export class Verify extends Gathering {
  verify(data, format, type, passphrase, signature, padding, saltLength, encoding) {
    const ready = this._ready(keyOf(kKeyTypePublic, data, format, type, passphrase));
    return verifyBytes(...ready, { padding, saltLength, encoding }, copyOf(signature));
  }
}

function oneShotDigest(key, name) {
  if (isEdwards(key)) {
    if (name != null) throw openssl('1C80007A', 'Provider routines', 'invalid digest', 'ERR_OSSL_INVALID_DIGEST');
    return undefined;
  }
  return name == null ? (key.pss?.hashAlgorithm ?? 'sha256') : getDigest(name).name;
}

export const SignJob = job((mode, data, format, type, passphrase, input, name, saltLength, padding, encoding, signature) => {
  const isSigning = mode === kSignJobModeSign;
  const key = keyOf(isSigning ? kKeyTypePrivate : kKeyTypePublic, data, format, type, passphrase);
  if (name != null) getDigest(name);
  const [given, expected] = [copyOf(input), signature && copyOf(signature)];
  const options = { padding, saltLength, encoding };
  return () => {
    const digestName = oneShotDigest(key, name);
    if (!isSigning) return verifyBytes(key, digestName, given, options, expected);
    return arrayBufferOf(signBytes(key, digestName, given, options));
  };
});
