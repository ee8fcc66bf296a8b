// Hashes and HMACs. The data are gathered here and hashed by the host at once, so that nothing of a hash that
// is not finished lies anywhere but in the lambda's memory.
import { invalidDigest, openssl } from 'sandglass:crypto/errors';
import { digest as digestNow, findDigest, getDigest, getHashes, hmac as hmacNow } from 'sandglass:crypto/binding/digests';
import { arrayBufferOf, bytesOf, copyOf, dataOf, encoded, isSame, join } from 'sandglass:crypto/bytes';
import { job } from 'sandglass:crypto/job';
import { keyBytes } from 'sandglass:crypto/key_data';

export { getHashes };

function notSupported() {
  return new Error('Digest method not supported');
}

// Data until they are needed.
class Gathering {
  #chunks = [];

  _add(data, encoding) {
    this.#chunks.push(dataOf(data, encoding));
    return true;
  }

  _take() {
    if (this.#chunks.length !== 1) this.#chunks = [join(this.#chunks)];
    return this.#chunks[0];
  }

  _copyFrom(other) {
    this.#chunks = [...other.#chunks];
  }
}

export class Hash extends Gathering {
  #digest;
  #bytes;

  constructor(algorithm, xofLength) {
    super();
    if (algorithm instanceof Hash) {
      this.#digest = algorithm.#digest;
      this._copyFrom(algorithm);
    } else {
      this.#digest = findDigest(algorithm);
      if (this.#digest === undefined) throw notSupported();
    }
    if (xofLength === undefined) return;
    if (!this.#digest.xof && xofLength !== this.#digest.bytes) {
      throw openssl('030000B2', 'digital envelope routines', 'not XOF or invalid length',
        'ERR_OSSL_EVP_NOT_XOF_OR_INVALID_LENGTH');
    }
    this.#bytes = xofLength;
  }

  update(data, encoding) {
    return this._add(data, encoding);
  }

  digest(encoding) {
    return encoded(digestNow(this.#digest.name, this._take(), this.#bytes), encoding);
  }
}

export class Hmac extends Gathering {
  #name;
  #key;

  init(name, key) {
    const found = findDigest(name);
    if (found === undefined || found.xof) throw invalidDigest(name);
    this.#name = found.name;
    this.#key = keyBytes(key);
  }

  update(data, encoding) {
    return this._add(data, encoding);
  }

  digest(encoding) {
    return encoded(hmacNow(this.#name, this.#key, this._take()), encoding);
  }
}

export const HashJob = job((name, data, bits) => {
  const { name: found } = getDigest(name);
  const given = copyOf(data);
  return () => arrayBufferOf(digestNow(found, given, bits === undefined ? undefined : bits / 8));
});

export const HmacJob = job((mode, name, key, data, signature) => {
  const { name: found } = getDigest(name);
  const [secret, given, expected] = [keyBytes(key), copyOf(data), signature && copyOf(signature)];
  return () => {
    const mac = hmacNow(found, secret, given);
    return expected === undefined ? arrayBufferOf(mac) : isSame(mac, expected);
  };
});

export function oneShotDigest(algorithm, _id, _cache, input, encoding) {
  const found = findDigest(algorithm);
  if (found === undefined) throw notSupported();
  const data = typeof input === 'string' ? dataOf(input, 'utf8') : bytesOf(input);
  return encoded(digestNow(found.name, data), encoding);
}

export function getCachedAliases() {
  return {};
}
