// The global `crypto`. Its `subtle` is Node.js's own, loaded when it is first touched.
import { hexEncode, namespace, randomFill } from 'sandglass:native';
import { domException } from 'sandglass:dom_exception';

const QUOTA_BYTES = 65_536;
const INTEGERS = /^(Big)?(Int|Uint)(8|16|32|64)(Clamped)?Array$/;

function coded(name) {
  return namespace('sandglass:crypto/errors').codes[name];
}

function web() {
  return namespace('sandglass:crypto/loader').load('internal/crypto/webcrypto');
}

let made;

function require(self) {
  if (self !== made) throw new (coded('ERR_INVALID_THIS'))('Crypto');
}

const TOKEN = {};

export class Crypto {
  constructor(token) {
    if (token !== TOKEN) throw new (coded('ERR_ILLEGAL_CONSTRUCTOR'))();
  }

  get subtle() {
    require(this);
    return web().crypto.subtle;
  }

  getRandomValues(view) {
    require(this);
    if (arguments.length < 1) throw new (coded('ERR_MISSING_ARGS'))('typedArray');
    if (!ArrayBuffer.isView(view) || !INTEGERS.test(view[Symbol.toStringTag])) {
      throw domException('The data argument must be an integer-type TypedArray', 'TypeMismatchError');
    }
    if (view.byteLength > QUOTA_BYTES) {
      throw domException('The requested length exceeds 65,536 bytes', 'QuotaExceededError');
    }
    new Uint8Array(view.buffer, view.byteOffset, view.byteLength).set(randomFill(view.byteLength));
    return view;
  }

  // RFC 9562, version 4.
  randomUUID() {
    require(this);
    const bytes = randomFill(16);
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    const hex = hexEncode(bytes);
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
  }
}

Object.defineProperties(Crypto.prototype, {
  subtle: { enumerable: true },
  getRandomValues: { enumerable: true },
  randomUUID: { enumerable: true },
  [Symbol.toStringTag]: { value: 'Crypto', configurable: true },
});

made = new Crypto(TOKEN);
export const crypto = made;
