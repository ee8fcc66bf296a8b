// Modes that take all of the data at once: Counter with CBC-MAC (SP 800-38C), Offset Codebook (RFC 7253), and
// the wrapping of keys (RFC 3394, RFC 5649 and RFC 3217).
import { aesCtr, cipherCbc, cipherEcb, keyWrap, randomSecret } from 'sandglass:native';
import { digest } from 'sandglass:crypto/binding/digests';
import { bigOf, bytesOfBig, isSame, join, padded, xor } from 'sandglass:crypto/bytes';

const BLOCK = 16;
const NOTHING = new Uint8Array(0);

function fill(length) {
  return new Uint8Array((BLOCK - (length % BLOCK)) % BLOCK);
}

// ---- CCM -----------------------------------------------------------------------------------------

function aadBlocks(aad) {
  if (aad.length === 0) return NOTHING;
  const head = aad.length < 0xff00 ? bytesOfBig(BigInt(aad.length), 2)
    : join([Uint8Array.of(0xff, 0xfe), bytesOfBig(BigInt(aad.length), 4)]);
  return join([head, aad, fill(head.length + aad.length)]);
}

// What is encrypted or decrypted, and the tag of the plaintext.
export function ccm({ isEncrypting, key, iv, aad, tagLength }, data) {
  const lengthBytes = 15 - iv.length;
  const start = join([Uint8Array.of(lengthBytes - 1), iv, new Uint8Array(lengthBytes)]);
  const stream = aesCtr(128, key, start, 0, join([new Uint8Array(BLOCK), data]));
  const made = stream.subarray(BLOCK);
  const plain = isEncrypting ? data : made;
  const flags = (aad.length > 0 ? 0x40 : 0) + ((tagLength - 2) / 2) * 8 + lengthBytes - 1;
  const head = join([Uint8Array.of(flags), iv, bytesOfBig(BigInt(plain.length), lengthBytes)]);
  const input = join([head, aadBlocks(aad), plain, fill(plain.length)]);
  const mac = cipherCbc('aes', true, key, new Uint8Array(BLOCK), input).slice(-BLOCK);
  return { data: made.slice(), tag: xor(mac, stream.subarray(0, BLOCK)).subarray(0, tagLength) };
}

// ---- OCB -----------------------------------------------------------------------------------------

function doubled(block) {
  const shifted = (bigOf(block) << 1n) & ((1n << 128n) - 1n);
  return bytesOfBig(block[0] & 0x80 ? shifted ^ 0x87n : shifted, BLOCK);
}

// Offset Codebook with a key, a nonce and a length of the tag.
class Offsets {
  constructor(key) {
    this.key = key;
    this.star = this.encrypt(new Uint8Array(BLOCK));
    this.dollar = doubled(this.star);
    this.list = [doubled(this.dollar)];
  }

  encrypt(blocks) { return cipherEcb('aes', true, this.key, blocks); }

  at(number) {
    const zeros = 31 - Math.clz32(number & -number);
    while (this.list.length <= zeros) this.list.push(doubled(this.list.at(-1)));
    return this.list[zeros];
  }

  // The offsets of so many blocks, side by side, and the last one.
  of(offset, count) {
    const all = new Uint8Array(count * BLOCK);
    let last = offset;
    for (let number = 1; number <= count; number += 1) {
      last = xor(last, this.at(number));
      all.set(last, (number - 1) * BLOCK);
    }
    return { all, last };
  }
}

function startOffset(offsets, nonce, tagLength) {
  const whole = padded(nonce, BLOCK);
  whole[0] |= ((tagLength * 8) % 128) << 1;
  whole[15 - nonce.length] |= 1;
  const bottom = whole[15] & 0x3f;
  whole[15] &= 0xc0;
  const top = offsets.encrypt(whole);
  const stretch = join([top, xor(top.subarray(0, 8), top.subarray(1, 9))]);
  return bytesOfBig((bigOf(stretch) >> BigInt(64 - bottom)) & ((1n << 128n) - 1n), BLOCK);
}

function sumOf(blocks) {
  const sum = new Uint8Array(BLOCK);
  blocks.forEach((byte, at) => { sum[at % BLOCK] ^= byte; });
  return sum;
}

function rest(data) {
  return join([data, Uint8Array.of(0x80), new Uint8Array(BLOCK - data.length - 1)]);
}

function hashOf(offsets, aad) {
  const count = Math.floor(aad.length / BLOCK);
  const { all, last } = offsets.of(new Uint8Array(BLOCK), count);
  const sum = count === 0 ? new Uint8Array(BLOCK) : sumOf(offsets.encrypt(xor(aad.subarray(0, count * BLOCK), all)));
  if (aad.length % BLOCK === 0) return sum;
  const final = rest(aad.subarray(count * BLOCK));
  return xor(sum, offsets.encrypt(xor(final, xor(last, offsets.star))));
}

export function ocb({ isEncrypting, key, iv, aad, tagLength }, data) {
  const offsets = new Offsets(key);
  const count = Math.floor(data.length / BLOCK);
  const { all, last } = offsets.of(startOffset(offsets, iv, tagLength), count);
  const whole = data.subarray(0, count * BLOCK);
  const made = count === 0 ? NOTHING : xor(cipherEcb('aes', isEncrypting, key, xor(whole, all)), all);
  let sum = sumOf(isEncrypting ? whole : made);
  let [offset, tail] = [last, NOTHING];
  if (data.length % BLOCK !== 0) {
    offset = xor(last, offsets.star);
    tail = xor(data.subarray(count * BLOCK), offsets.encrypt(offset));
    sum = xor(sum, rest(isEncrypting ? data.subarray(count * BLOCK) : tail));
  }
  const tag = xor(offsets.encrypt(xor(xor(sum, offset), offsets.dollar)), hashOf(offsets, aad));
  return { data: join([made, tail]), tag: tag.subarray(0, tagLength) };
}

// ---- wrapping keys -------------------------------------------------------------------------------

export const WRAP_IV = new Uint8Array(8).fill(0xa6);

// RFC 3394; `undefined` when what is unwrapped is not what was wrapped.
export function wrap({ isEncrypting, key, iv }, data) {
  if (isEncrypting) return lengthOf(data, 16) ? keyWrap(true, key, join([iv, data])) : undefined;
  if (!lengthOf(data, 24)) return undefined;
  const open = keyWrap(false, key, data);
  return isSame(open.subarray(0, 8), iv) ? open.slice(8) : undefined;
}

function lengthOf(data, least) {
  return data.length >= least && data.length % 8 === 0;
}

// RFC 5649: of any length, with the length after the first four bytes.
export function wrapPadded({ isEncrypting, key, iv }, data) {
  if (isEncrypting) {
    if (data.length === 0) return undefined;
    const head = join([iv, bytesOfBig(BigInt(data.length), 4)]);
    const whole = join([head, data, new Uint8Array((8 - (data.length % 8)) % 8)]);
    return whole.length === 16 ? cipherEcb('aes', true, key, whole) : keyWrap(true, key, whole);
  }
  if (!lengthOf(data, 16)) return undefined;
  const open = data.length === 16 ? cipherEcb('aes', false, key, data) : keyWrap(false, key, data);
  const length = Number(bigOf(open.subarray(4, 8)));
  const padding = open.length - 8 - length;
  if (!isSame(open.subarray(0, 4), iv) || padding < 0 || padding > 7) return undefined;
  if (open.subarray(8 + length).some((byte) => byte !== 0)) return undefined;
  return open.slice(8, 8 + length);
}

const DES_WRAP_IV = Uint8Array.of(0x4a, 0xdd, 0xa2, 0x2c, 0x79, 0xe8, 0x21, 0x05);

// RFC 3217, section 3.
export function wrapDes({ isEncrypting, key }, data) {
  if (isEncrypting) {
    const iv = randomSecret(8);
    const checked = join([data, digest('sha1', data).subarray(0, 8)]);
    const inner = join([iv, cipherCbc('des-ede3', true, key, iv, checked)]).reverse();
    return cipherCbc('des-ede3', true, key, DES_WRAP_IV, inner);
  }
  const inner = cipherCbc('des-ede3', false, key, DES_WRAP_IV, data).reverse();
  const open = cipherCbc('des-ede3', false, key, inner.slice(0, 8), inner.slice(8));
  const made = open.slice(0, -8);
  return isSame(digest('sha1', made).subarray(0, 8), open.subarray(-8)) ? made : undefined;
}
