import { expect, it } from 'vitest';

import { failsNow } from './failing';

it('what failed in the last quarter of an hour fails now, and not a moment longer', () => {
  const at = 1_000_000;
  expect(failsNow(at, at)).toBe(true);
  expect(failsNow(at, at + 15 * 60_000)).toBe(true);
  expect(failsNow(at, at + 15 * 60_000 + 1)).toBe(false);
});
