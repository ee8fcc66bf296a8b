// `createCipheriv` and its kin, and AES for the web.
import { findCipher, getCipherInfo, getCiphers, isAuthenticated } from 'sandglass:crypto/cipher_list';
import { bigOf, arrayBufferOf, bufferOf, bytesOf, copyOf, dataOf, isSame, join } from 'sandglass:crypto/bytes';
import { kWebCryptoCipherEncrypt } from 'sandglass:crypto/binding/names';
import { failed, native, openssl } from 'sandglass:crypto/errors';
import { job } from 'sandglass:crypto/job';
import { keyBytes } from 'sandglass:crypto/key_data';
import { BlockMode, ChaCha20, ChaCha20Poly1305, Counter, Feedback, Galois } from 'sandglass:crypto/modes';
import { ccm, ocb, wrap, wrapDes, wrapPadded, WRAP_IV } from 'sandglass:crypto/modes_at_once';
import { digest } from 'sandglass:crypto/binding/digests';

export { getCipherInfo, getCiphers };

const NOTHING = new Uint8Array(0);
const NO_TAG_LENGTH = -1;
const WRAPPERS = { wrap, 'wrap-pad': wrapPadded, 'des-wrap': wrapDes };

const invalidTagLength = (length) => native(
  'ERR_CRYPTO_INVALID_AUTH_TAG', `Invalid authentication tag length: ${length}`, TypeError);
const invalidIv = () => native('ERR_CRYPTO_INVALID_IV', 'Invalid initialization vector', TypeError);
const invalidKey = () => native('ERR_CRYPTO_INVALID_KEYLEN', 'Invalid key length', RangeError);
const unauthentic = () => new Error('Unsupported state or unable to authenticate data');
const wrongState = () => new Error('Trying to add data in unsupported state');

function isTagLength(length) {
  return length === 4 || length === 8 || (length >= 12 && length <= 16);
}

// Takes data at once: CCM, OCB and the wraps. What a mode gives back comes with the first data.
class AtOnce {
  #aad = [];
  #data = [];

  constructor(options) {
    this.options = options;
  }

  aad(data) { this.#aad.push(data); }

  _run(work) {
    const { data, tag } = work({ ...this.options, aad: join(this.#aad) }, join(this.#data));
    this._tag = tag;
    return data;
  }

  _add(data) { this.#data.push(data); }

  tag() { return this._tag; }
}

// All in one piece, which comes with `update`; without any data, with `final`.
class CounterMac extends AtOnce {
  #isDone = false;

  update(data) {
    if (this.#isDone) throw wrongState();
    this.#isDone = true;
    this._add(data);
    const made = this._run(ccm);
    const { isEncrypting, expected } = this.options;
    this.isWrong = !isEncrypting && !(expected && isSame(expected, this._tag));
    return this.isWrong ? NOTHING : made;
  }

  final() {
    if (this.#isDone) return NOTHING;
    if (this.options.isEncrypting) throw openssl('1C800077', 'Provider routines', 'tag not set');
    this.update(NOTHING);
    return NOTHING;
  }
}

// In as many pieces as it comes, and out at the end.
class OffsetCodebook extends AtOnce {
  update(data) {
    this._add(data);
    return NOTHING;
  }

  final() { return this._run(ocb); }
}

class Wrap {
  constructor(options) { this.options = options; }

  update(data) {
    const made = this.options.work(this.options, data);
    if (made === undefined || typeof made === 'string') throw wrongState();
    return made;
  }

  final() { return NOTHING; }
}

function modeOf(found, options) {
  switch (found.mode) {
    case 'ecb': return new BlockMode({ ...found, ...options });
    case 'cbc': return new BlockMode({ ...found, ...options, chained: true });
    case 'ofb': case 'cfb': return new Feedback({ ...options, isOutput: found.mode === 'ofb' });
    case 'ctr': return new Counter({ ...options, start: options.iv });
    case 'gcm': return new Galois(options);
    case 'ccm': return new CounterMac(options);
    case 'ocb': return new OffsetCodebook(options);
    case 'poly1305': return new ChaCha20Poly1305(options);
    case 'stream': return new ChaCha20(options);
    default: return new Wrap({ ...options, work: WRAPPERS[found.mode] });
  }
}

// OpenSSL's EVP_BytesToKey with MD5 and without salt, as the old interface has it.
function fromPassword(found, password) {
  let made = NOTHING;
  let last = NOTHING;
  while (made.length < found.key + found.iv) {
    last = digest('md5', join([last, password]));
    made = join([made, last]);
  }
  return [made.slice(0, found.key), made.slice(found.key, found.key + found.iv)];
}

export class CipherBase {
  #isEncrypting;
  #found;
  #mode;
  #options;
  #tagLength = NO_TAG_LENGTH;
  #tag;
  #messageMax = 2 ** 31 - 1;
  #hasData = false;

  constructor(isEncrypting) {
    this.#isEncrypting = isEncrypting;
  }

  init(name, password, tagLength) {
    const found = findCipher(name);
    if (found === undefined) throw native('ERR_CRYPTO_UNKNOWN_CIPHER', 'Unknown cipher');
    if (this.#isEncrypting && ['ctr', 'gcm', 'ccm'].includes(found.mode)) {
      globalThis.process.emitWarning(`Use Cipheriv for counter mode of ${name}`);
    }
    this.#begin(name, found, ...fromPassword(found, bytesOf(password)), tagLength);
  }

  initiv(name, key, iv, tagLength) {
    const found = findCipher(name);
    if (found === undefined) throw native('ERR_CRYPTO_UNKNOWN_CIPHER', 'Unknown cipher');
    const given = iv === null ? NOTHING : copyOf(iv);
    if (given.length === 0 && found.iv !== 0) throw invalidIv();
    if (!isAuthenticated(found) && given.length > 0 && given.length !== found.iv) throw invalidIv();
    if (found.mode === 'poly1305' && given.length > 12) throw invalidIv();
    this.#begin(name, found, keyBytes(key), given, tagLength);
  }

  #begin(name, found, key, iv, tagLength) {
    this.#found = found;
    if (isAuthenticated(found)) this.#beginAuthenticated(name, iv, tagLength);
    if (key.length !== found.key) throw invalidKey();
    this.#options = { isEncrypting: this.#isEncrypting, key, iv, tagLength: this.#tagLength };
    this.#mode = modeOf(found, this.#options);
  }

  #beginAuthenticated(name, iv, tagLength) {
    const { mode } = this.#found;
    if (mode === 'ccm' && (iv.length < 7 || iv.length > 13)) throw invalidIv();
    if (mode === 'ocb' && iv.length > 15) throw invalidIv();
    if (tagLength === NO_TAG_LENGTH) {
      if (mode === 'gcm') return;
      if (mode !== 'poly1305') {
        throw native('ERR_CRYPTO_INVALID_AUTH_TAG', `authTagLength required for ${name}`, TypeError);
      }
    }
    const length = tagLength === NO_TAG_LENGTH ? 16 : tagLength;
    const fits = {
      gcm: isTagLength(length), ccm: length >= 4 && length <= 16 && length % 2 === 0, ocb: length >= 0 && length <= 16,
      poly1305: length >= 1 && length <= 16,
    };
    if (!fits[mode]) throw invalidTagLength(length);
    this.#tagLength = length;
    if (mode === 'ccm' && iv.length === 12) this.#messageMax = 16_777_215;
    if (mode === 'ccm' && iv.length === 13) this.#messageMax = 65_535;
  }

  setAutoPadding(isPadded) {
    if (this.#mode === undefined) return false;
    this.#mode.isPadded = isPadded;
    return true;
  }

  setAAD(data, plaintextLength) {
    if (this.#mode === undefined || !isAuthenticated(this.#found) || this.#hasData) return false;
    if (this.#found.mode === 'ccm') {
      if (plaintextLength < 0) {
        throw native('ERR_MISSING_ARGS', 'options.plaintextLength required for CCM mode with AAD', TypeError);
      }
      this.#checkLength(plaintextLength);
    }
    this.#mode.aad(copyOf(data));
    return true;
  }

  #checkLength(length) {
    if (this.#found.mode === 'ccm' && length > this.#messageMax) {
      throw native('ERR_CRYPTO_INVALID_MESSAGELEN', 'Invalid message length', RangeError);
    }
  }

  setAuthTag(data) {
    if (this.#mode === undefined || this.#isEncrypting || this.#tag !== undefined) return false;
    if (!isAuthenticated(this.#found)) return false;
    const tag = copyOf(data);
    const isAny = this.#found.mode === 'gcm' && this.#tagLength === NO_TAG_LENGTH;
    const fits = isAny ? isTagLength(tag.length)
      : tag.length === this.#tagLength && (this.#found.mode !== 'gcm' || isTagLength(tag.length));
    if (!fits) throw invalidTagLength(tag.length);
    this.#tagLength = tag.length;
    this.#tag = tag;
    this.#options.expected = tag;
    return true;
  }

  getAuthTag() {
    if (this.#mode !== undefined || !this.#isEncrypting || this.#tag === undefined) return undefined;
    return bufferOf(this.#tag.slice());
  }

  update(data, encoding) {
    if (this.#mode === undefined) throw wrongState();
    const given = dataOf(data, encoding);
    this.#checkLength(given.length);
    this.#hasData = true;
    return bufferOf(this.#mode.update(given));
  }

  final() {
    const mode = this.#mode;
    if (mode === undefined) throw native('ERR_CRYPTO_INVALID_STATE', 'Unsupported state');
    this.#mode = undefined;
    const made = mode.final();
    if (isAuthenticated(this.#found)) this.#finish(mode);
    return bufferOf(made);
  }

  #finish(mode) {
    const tag = mode.tag();
    if (this.#isEncrypting) {
      this.#tagLength = this.#tagLength === NO_TAG_LENGTH ? 16 : this.#tagLength;
      this.#tag = tag.slice(0, this.#tagLength);
    } else if (this.#tag === undefined || mode.isWrong || !isSame(tag.subarray(0, this.#tag.length), this.#tag)) {
      throw unauthentic();
    }
  }
}

// ---- for the web -----------------------------------------------------------------------------------

// A counter of some bits of a block begins anew when these are used up, and no block is used twice.
function counted({ key, iv, bits }, data) {
  const blocks = Math.ceil(data.length / 16);
  const modulus = 2n ** BigInt(bits);
  if (BigInt(blocks) > modulus) throw failed('The counter is too short for the data');
  const left = modulus - (bigOf(iv) % modulus);
  if (BigInt(blocks) <= left) return new Counter({ key, start: iv }).update(data);
  const first = Number(left) * 16;
  const low = bigOf(iv) - (bigOf(iv) % modulus);
  const again = copyOf(bufferOf(iv));
  const hex = low.toString(16).padStart(32, '0');
  again.forEach((_byte, at) => { again[at] = parseInt(hex.slice(2 * at, 2 * at + 2), 16); });
  return join([
    new Counter({ key, start: iv }).update(data.subarray(0, first)),
    new Counter({ key, start: again }).update(data.subarray(first)),
  ]);
}

function galois(options, data, tag) {
  const mode = new Galois(options);
  if (options.aad !== undefined) mode.aad(options.aad);
  const made = mode.update(data);
  mode.final();
  if (options.isEncrypting) return join([made, mode.tag().subarray(0, tag)]);
  if (!isSame(mode.tag().subarray(0, tag.length), tag)) throw failed('Cipher job failed');
  return made;
}

function whole(mode, data) {
  return join([mode.update(data), mode.final()]);
}

export const AESCipherJob = job((direction, handle, input, variant, iv, extra, aad) => {
  const options = {
    cipher: 'aes', block: 16, key: handle.key, isEncrypting: direction === kWebCryptoCipherEncrypt,
    iv: iv && copyOf(iv), aad: aad && copyOf(aad), bits: extra,
  };
  const data = copyOf(input);
  const tag = typeof extra === 'object' ? copyOf(extra) : extra;
  const work = () => {
    switch (variant) {
      case 'cbc': return whole(new BlockMode({ ...options, chained: true }), data);
      case 'ctr': return counted(options, data);
      case 'gcm': return galois(options, data, tag);
      default: return wrap({ ...options, iv: WRAP_IV }, data);
    }
  };
  return () => {
    const made = work();
    if (made === undefined) throw failed('Cipher job failed');
    return arrayBufferOf(made);
  };
});

