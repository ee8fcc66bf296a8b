// The global `crypto`.
import { hexEncode, namespace, randomFill } from 'sandglass:native';
import { domException } from 'sandglass:dom_exception';

const QUOTA_BYTES = 65_536;
const INTEGERS = /^(Big)?(Int|Uint)(8|16|32|64)(Clamped)?Array$/;

class Crypto {
  get subtle() {
    return namespace('sandglass:crypto/subtle').subtle;
  }

  getRandomValues(view) {
    if (!ArrayBuffer.isView(view) || !INTEGERS.test(view[Symbol.toStringTag])) {
      throw domException('The data argument must be an integer-type TypedArray', 'TypeMismatchError');
    }
    if (view.byteLength > QUOTA_BYTES) {
      throw domException(
        `The requested length exceeds ${QUOTA_BYTES} bytes`, 'QuotaExceededError');
    }
    new Uint8Array(view.buffer, view.byteOffset, view.byteLength).set(randomFill(view.byteLength));
    return view;
  }

  // RFC 9562, version 4.
  randomUUID() {
    const bytes = randomFill(16);
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    const hex = hexEncode(bytes);
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
  }

  get [Symbol.toStringTag]() {
    return 'Crypto';
  }
}

export const crypto = new Crypto();
