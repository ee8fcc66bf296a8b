// Modes of block ciphers, and ChaCha20: what goes on from one piece of data to the next. The host does the
// blocks and keeps nothing.
//
// Each has `update(data)` and `final()`, which both give bytes; those that authenticate have `aad(data)` and
// `tag()` too. What is wrong is an error of OpenSSL's.
import { aesCtr, chacha20, cipherCbc, cipherEcb, ghash, poly1305 } from 'sandglass:native';
import { bigOf, bytesOfBig, join, padded, xor } from 'sandglass:crypto/bytes';
import { openssl } from 'sandglass:crypto/errors';

const NOTHING = new Uint8Array(0);
const BLOCK = 16;

const wrongLength = () => openssl('1C80006B', 'Provider routines', 'wrong final block length');
const badDecrypt = () => openssl('1C800064', 'Provider routines', 'bad decrypt');

function fill(length) {
  return new Uint8Array((BLOCK - (length % BLOCK)) % BLOCK);
}

// Whole blocks, with what does not fill one left over for the next piece.
class Blocks {
  #left = NOTHING;

  constructor({ block, isPadded = true }) {
    this.block = block;
    this.isPadded = isPadded;
  }

  take(data, keepLast) {
    const all = this.#left.length === 0 ? data : join([this.#left, data]);
    let whole = all.length - (all.length % this.block);
    if (keepLast && whole === all.length && whole > 0) whole -= this.block;
    this.#left = all.slice(whole);
    return all.subarray(0, whole);
  }

  get left() { return this.#left; }
}

// ECB and CBC, padded as PKCS#7 says unless that is switched off.
export class BlockMode {
  #blocks;

  constructor({ cipher, block, chained, isEncrypting, key, iv }) {
    Object.assign(this, { cipher, chained, isEncrypting, key, iv });
    this.#blocks = new Blocks({ block });
  }

  set isPadded(value) { this.#blocks.isPadded = value; }

  #work(data) {
    if (data.length === 0) return NOTHING;
    const { block } = this.#blocks;
    if (!this.chained) return cipherEcb(this.cipher, this.isEncrypting, this.key, data);
    const made = cipherCbc(this.cipher, this.isEncrypting, this.key, this.iv, data);
    this.iv = (this.isEncrypting ? made : data).slice(-block);
    return made;
  }

  update(data) {
    return this.#work(this.#blocks.take(data, !this.isEncrypting && this.#blocks.isPadded));
  }

  final() {
    const { left, block, isPadded } = this.#blocks;
    if (!isPadded) {
      if (left.length !== 0) throw wrongLength();
      return NOTHING;
    }
    if (this.isEncrypting) {
      const count = block - left.length;
      return this.#work(join([left, new Uint8Array(count).fill(count)]));
    }
    if (left.length !== block) throw wrongLength();
    return unpad(this.#work(left), block);
  }
}

function unpad(data, block) {
  const count = data.at(-1);
  if (count === 0 || count > block || data.subarray(-count).some((byte) => byte !== count)) throw badDecrypt();
  return data.subarray(0, -count);
}

// A key stream from a counter block on.
export class Counter {
  #position = 0;

  constructor({ key, start, bits = 128 }) {
    Object.assign(this, { key, start, bits });
  }

  update(data) {
    if (data.length === 0) return NOTHING;
    const counter = addTo(this.start, Math.floor(this.#position / BLOCK), this.bits);
    const made = aesCtr(this.bits, this.key, counter, this.#position % BLOCK, data);
    this.#position += data.length;
    return made;
  }

  final() { return NOTHING; }
}

// A counter block whose low bits were counted up.
export function addTo(start, count, bits) {
  if (count === 0) return start;
  const modulus = 1n << BigInt(bits);
  const whole = bigOf(start);
  const low = whole % modulus;
  return bytesOfBig(whole - low + ((low + BigInt(count)) % modulus), BLOCK);
}

// Output Feedback is the chain of a cipher over zeros; Cipher Feedback chains what it makes.
export class Feedback {
  #stream = NOTHING;

  constructor({ isOutput, isEncrypting, key, iv }) {
    Object.assign(this, { isOutput, isEncrypting, key, iv });
  }

  update(data) {
    return this.isOutput ? this.#output(data) : this.#cipher(data);
  }

  #output(data) {
    const missing = data.length - this.#stream.length;
    if (missing > 0) {
      const more = cipherCbc('aes', true, this.key, this.iv, new Uint8Array(missing + fill(missing).length));
      this.iv = more.slice(-BLOCK);
      this.#stream = join([this.#stream, more]);
    }
    const made = xor(data, this.#stream);
    this.#stream = this.#stream.slice(data.length);
    return made;
  }

  #cipher(data) {
    const made = new Uint8Array(data.length);
    for (let at = 0; at < data.length; at += 1) {
      if (this.#stream.length === 0) {
        this.#stream = cipherEcb('aes', true, this.key, this.iv);
        this.iv = NOTHING;
      }
      made[at] = data[at] ^ this.#stream[0];
      this.#stream = this.#stream.subarray(1);
      this.iv = join([this.iv, Uint8Array.of(this.isEncrypting ? made[at] : data[at])]);
    }
    return made;
  }

  final() { return NOTHING; }
}

function length64(...bytes) {
  return join(bytes.map((count) => bytesOfBig(BigInt(count) * 8n, 8)));
}

// Galois/Counter Mode (SP 800-38D).
export class Galois {
  #state = new Uint8Array(BLOCK);
  #blocks = new Blocks({ block: BLOCK });
  #aadLength = 0;
  #length = 0;

  constructor({ isEncrypting, key, iv }) {
    this.isEncrypting = isEncrypting;
    this.key = key;
    this.hashKey = cipherEcb('aes', true, key, new Uint8Array(BLOCK));
    this.first = iv.length === 12 ? join([iv, Uint8Array.of(0, 0, 0, 1)]) : ghash(
      this.hashKey, new Uint8Array(BLOCK), join([iv, fill(iv.length), new Uint8Array(8), length64(iv.length)]));
    this.counter = new Counter({ key, start: addTo(this.first, 1, 32), bits: 32 });
  }

  #hash(data) {
    const blocks = this.#blocks.take(data, false);
    if (blocks.length > 0) this.#state = ghash(this.hashKey, this.#state, blocks);
  }

  #close() {
    const { left } = this.#blocks;
    this.#hash(fill(left.length));
  }

  aad(data) {
    this.#hash(data);
    this.#aadLength += data.length;
  }

  update(data) {
    if (this.#length === 0) this.#close();
    this.#length += data.length;
    const made = this.counter.update(data);
    this.#hash(this.isEncrypting ? made : data);
    return made;
  }

  final() {
    this.#close();
    this.#hash(length64(this.#aadLength, this.#length));
    return NOTHING;
  }

  tag() {
    return aesCtr(32, this.key, this.first, 0, this.#state);
  }
}

// RFC 8439, section 2.8.
export class ChaCha20Poly1305 {
  #position = 64;
  #parts = [];
  #lengths = [0, 0];

  constructor({ isEncrypting, key, iv }) {
    Object.assign(this, { isEncrypting, key, iv: padded(iv, 12) });
  }

  aad(data) {
    this.#parts.push(data);
    this.#lengths[0] += data.length;
  }

  update(data) {
    if (this.#position === 64) this.#parts.push(fill(this.#lengths[0]));
    const made = chacha20(this.key, this.iv, this.#position, data);
    this.#position += data.length;
    this.#lengths[1] += data.length;
    this.#parts.push((this.isEncrypting ? made : data).slice());
    return made;
  }

  final() {
    if (this.#position === 64) this.#parts.push(fill(this.#lengths[0]));
    this.#parts.push(fill(this.#lengths[1]), ...this.#lengths.map((count) => bytesOfBig(BigInt(count), 8).reverse()));
    return NOTHING;
  }

  tag() {
    const key = chacha20(this.key, this.iv, 0, new Uint8Array(32));
    return poly1305(key, join(this.#parts));
  }
}

// As OpenSSL has it: the first four bytes are where the blocks are counted from, in little endian.
export class ChaCha20 {
  constructor({ key, iv }) {
    Object.assign(this, { key, iv: iv.slice(4), position: new DataView(iv.slice().buffer).getUint32(0, true) * 64 });
  }

  update(data) {
    const made = chacha20(this.key, this.iv, this.position, data);
    this.position += data.length;
    return made;
  }

  final() { return NOTHING; }
}
