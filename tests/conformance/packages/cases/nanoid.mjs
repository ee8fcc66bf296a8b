// nanoid, ids: short random names.
import { customAlphabet, nanoid } from 'nanoid';

const atTop = nanoid();

export async function lambda() {
  return {
    'size and letters': [/^[\w-]{21}$/.test(nanoid()), true],
    'another alphabet': [/^[ab]{50}$/.test(customAlphabet('ab', 50)()), true],
    'fresh': [new Set([atTop, ...Array.from({ length: 1000 }, () => nanoid())]).size, 1001],
  };
}
