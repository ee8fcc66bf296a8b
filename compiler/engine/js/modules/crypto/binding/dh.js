// Diffie-Hellman agreements modulo a prime, as `createDiffieHellman` has them.
import { isPrime, power, randomPrime } from 'sandglass:native';
import { bigOf, bufferOf, bytesOf, bytesOfBig, copyOf, padded, trimmed } from 'sandglass:crypto/bytes';
import { dhPair } from 'sandglass:crypto/binding/keygen';
import constants from 'sandglass:crypto/constants';
import { groupByName } from 'sandglass:crypto/dh_groups';
import { failed, native, openssl } from 'sandglass:crypto/errors';

const { DH_CHECK_P_NOT_PRIME, DH_CHECK_P_NOT_SAFE_PRIME, DH_NOT_SUITABLE_GENERATOR } = constants.crypto;

function must(made) {
  if (typeof made === 'string') throw failed(made);
  return made;
}

const dhError = (number, reason) => openssl(
  number, 'Diffie-Hellman routines', reason, `ERR_OSSL_DH_${reason.toUpperCase().replace(/[ -]/g, '_')}`);
const BITS_MIN = 512;

// As OpenSSL's `DH_check`.
function check({ p, g }) {
  const prime = bigOf(p);
  const generator = bigOf(g);
  let wrong = 0;
  if (generator <= 1n || generator >= prime - 1n) wrong |= DH_NOT_SUITABLE_GENERATOR;
  if (prime % 2n === 0n || !must(isPrime(p))) return wrong | DH_CHECK_P_NOT_PRIME;
  if (!must(isPrime(bytesOfBig((prime - 1n) / 2n)))) wrong |= DH_CHECK_P_NOT_SAFE_PRIME;
  return wrong;
}

class Agreement {
  #group;
  #x;
  #y;

  constructor(group) {
    this.#group = group;
  }

  generateKeys() {
    const { p, g } = this.#group;
    if (this.#x === undefined) ({ x: this.#x, y: this.#y } = dhPair(this.#group));
    else this.#y = trimmed(must(power(g, this.#x, p)));
    return this.getPublicKey();
  }

  computeSecret(key) {
    const { p } = this.#group;
    const other = trimmed(bytesOf(key));
    if (bigOf(other) <= 1n) throw native('ERR_CRYPTO_INVALID_KEYLEN', 'Supplied key is too small', RangeError);
    if (bigOf(other) >= bigOf(p) - 1n) throw native('ERR_CRYPTO_INVALID_KEYLEN', 'Supplied key is too large', RangeError);
    if (this.#x === undefined) throw dhError('02800064', 'no private value');
    return bufferOf(padded(trimmed(must(power(other, this.#x, p))), p.length));
  }

  getPrime() { return bufferOf(this.#group.p.slice()); }

  getGenerator() { return bufferOf(this.#group.g.slice()); }

  getPublicKey() { return this.#get(this.#y, 'No public key - did you forget to generate one?'); }

  getPrivateKey() { return this.#get(this.#x, 'No private key - did you forget to generate one?'); }

  #get(number, otherwise) {
    if (number === undefined) throw native('ERR_CRYPTO_INVALID_STATE', otherwise);
    return bufferOf(number.slice());
  }

  setPublicKey(key) { this.#y = trimmed(copyOf(key)); }

  setPrivateKey(key) { this.#x = trimmed(copyOf(key)); }
}

function generatorOf(generator) {
  if (typeof generator !== 'number') return trimmed(copyOf(generator));
  return generator <= 0 ? new Uint8Array(0) : bytesOfBig(BigInt(generator));
}

function groupOf(sizeOrPrime, generator) {
  const g = generatorOf(generator);
  if (typeof sizeOrPrime === 'number') {
    if (sizeOrPrime < BITS_MIN) throw dhError('0280007E', 'modulus too small');
    if (bigOf(g) < 2n) throw dhError('02800065', 'bad generator');
    return { p: must(randomPrime(sizeOrPrime, true)), g };
  }
  if (bigOf(g) < 2n) throw dhError('02800065', 'bad generator');
  return { p: trimmed(copyOf(sizeOrPrime)), g };
}

export class DiffieHellman extends Agreement {
  constructor(sizeOrPrime, generator) {
    const group = groupOf(sizeOrPrime, generator);
    super(group);
    this.verifyError = typeof sizeOrPrime === 'number' ? 0 : check(group);
  }
}

export class DiffieHellmanGroup extends Agreement {
  constructor(name) {
    const group = groupByName(name);
    if (group === undefined) throw native('ERR_CRYPTO_UNKNOWN_DH_GROUP', 'Unknown DH group');
    super(group);
    this.verifyError = 0;
  }
}
