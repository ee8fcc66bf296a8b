// The groups of Diffie-Hellman that have names: the Oakley groups of RFC 2409 and RFC 3526. Their primes are
// made of the binary digits of pi, so they are calculated rather than kept.
import { bytesOfBig } from 'sandglass:crypto/bytes';

const GROUPS = {
  modp1: [768, 149_686n], modp2: [1_024, 129_093n], modp5: [1_536, 741_804n], modp14: [2_048, 124_476n],
  modp15: [3_072, 1_690_314n], modp16: [4_096, 240_904n], modp17: [6_144, 929_484n], modp18: [8_192, 4_743_158n],
};

// The arc tangent of one over a number, by its series, with so many binary digits.
function arctan(inverse, digits) {
  let power = (1n << digits) / inverse;
  let sum = power;
  for (let odd = 3n, sign = -1n; power !== 0n; odd += 2n, sign = -sign) {
    power /= inverse * inverse;
    sum += (sign * power) / odd;
  }
  return sum;
}

// The whole part of pi times 2 to a power, by Machin's formula with some digits more.
function pi(digits) {
  const more = 64n;
  return (4n * (4n * arctan(5n, digits + more) - arctan(239n, digits + more))) >> more;
}

// p = 2^n - 2^(n-64) - 1 + 2^64 ([2^(n-130) pi] + c)
function prime([bits, addend]) {
  const n = BigInt(bits);
  return (1n << n) - (1n << (n - 64n)) - 1n + ((pi(n - 130n) + addend) << 64n);
}

const made = new Map();

export function groupByName(name) {
  const known = name.toLowerCase();
  if (!Object.hasOwn(GROUPS, known)) return undefined;
  if (!made.has(known)) made.set(known, { p: bytesOfBig(prime(GROUPS[known])), g: Uint8Array.of(2) });
  return made.get(known);
}
