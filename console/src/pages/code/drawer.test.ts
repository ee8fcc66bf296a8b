import { expect, test } from 'vitest';

import { fitting, heightAfter } from './drawer';

test('a height leaves room above, and is enough to read', () => {
  expect([fitting(300, 900), fitting(2_000, 900), fitting(10, 900), fitting(300, 300)]).toEqual([
    300, 640, 160, 160,
  ]);
});

test('keys move the edge', () => {
  expect(heightAfter('ArrowUp', 300, 900)).toBe(332);
  expect(heightAfter('ArrowDown', 170, 900)).toBe(160);
  expect(heightAfter('End', 300, 900)).toBe(640);
  expect(heightAfter('a', 300, 900)).toBeUndefined();
});
