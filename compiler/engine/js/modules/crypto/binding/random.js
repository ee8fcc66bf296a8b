// Random bytes and prime numbers, drawn anew each time.
import { hexEncode, hmac, isPrime, randomFill, randomPrime, randomSecret } from 'sandglass:native';
import { failed, native } from 'sandglass:crypto/errors';
import { arrayBufferOf, bigOf, bitsOf, bytesOf, bytesOfBig } from 'sandglass:crypto/bytes';
import { job } from 'sandglass:crypto/job';
import { secretHandle } from 'sandglass:crypto/key_data';

export const RandomBytesJob = job((buffer, offset, size) => () => {
  bytesOf(buffer).set(randomFill(size), offset);
});

export const SecretKeyGenJob = job((bits) => () => secretHandle(randomSecret(Math.floor(bits / 8))));

export function secureBuffer(size) {
  return new Uint8Array(size);
}

// Text is what the host could not do.
export function must(result) {
  if (result === 'bits too small') throw new Error('error:01800076:bignum routines::bits too small');
  if (typeof result === 'string') throw failed(result);
  return result;
}

// A prime that leaves a remainder: odds are about one in as many candidates as it has bits.
function primeWithRemainder(bits, safe, add, rem) {
  for (;;) {
    const random = bigOf(randomSecret(Math.ceil(bits / 8))) & ((1n << BigInt(bits)) - 1n);
    const high = random | (1n << BigInt(bits - 1)) | (bits > 1 ? 1n << BigInt(bits - 2) : 0n);
    const candidate = high - (high % add) + rem;
    const bytes = bytesOfBig(candidate);
    if (bitsOf(bytes) !== bits || !must(isPrime(bytes))) continue;
    if (!safe || must(isPrime(bytesOfBig((candidate - 1n) / 2n)))) return bytes;
  }
}

export const RandomPrimeJob = job((bits, safe, add, rem) => {
  const [step, rest] = [add && bigOf(bytesOf(add)), rem && bigOf(bytesOf(rem))];
  if (step !== undefined) {
    if (bitsOf(bytesOf(add)) > bits) {
      throw native('ERR_OUT_OF_RANGE', 'invalid options.add', RangeError);
    }
    if (rest !== undefined && step <= rest) {
      throw native('ERR_OUT_OF_RANGE', 'invalid options.rem', RangeError);
    }
  }
  return () => {
    const prime = step ? primeWithRemainder(bits, safe, step, rest ?? (safe ? 3n : 1n)) : must(randomPrime(bits, safe));
    const bytes = new Uint8Array(Math.ceil(bits / 8));
    bytes.set(prime, bytes.length - prime.length);
    return arrayBufferOf(bytes);
  };
});

export const CheckPrimeJob = job((candidate) => {
  const bytes = bytesOf(candidate).slice();
  return () => must(isPrime(bytes));
});

export function timingSafeEqual(a, b) {
  for (const [at, view] of [a, b].entries()) {
    if (ArrayBuffer.isView(view) || view instanceof ArrayBuffer) continue;
    throw native('ERR_INVALID_ARG_TYPE', `The "buf${at + 1}" argument must be an instance of ArrayBuffer, Buffer, `
      + 'TypedArray, or DataView.', TypeError);
  }
  if (a.byteLength !== b.byteLength) {
    throw native('ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH', 'Input buffers must have the same byte length', RangeError);
  }
  // Compared under a random key, so that time tells nothing about where they differ.
  const key = randomFill(32);
  const [left, right] = [a, b].map((view) => hexEncode(hmac('sha256', key, bytesOf(view))));
  return left === right;
}

