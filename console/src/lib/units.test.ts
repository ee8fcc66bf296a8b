import { expect, it } from 'vitest';

import { bytes, count, percent, plural } from './units';

it('tells bytes', () => {
  expect([0, 999, 1_000, 7_300, 304_000, 999_600].map(bytes)).toEqual([
    '0 B',
    '999 B',
    '1.00 kB',
    '7.30 kB',
    '304 kB',
    '1.00 MB',
  ]);
});

it('tells counts', () => {
  expect([0, 9_999, 10_000, 1_234_567].map(count)).toEqual(['0', '9,999', '10.0 k', '1.23 M']);
  expect(plural(1, 'lambda')).toBe('1 lambda');
  expect(plural(2, 'entry', 'entries')).toBe('2 entries');
});

it('tells parts', () => {
  expect(percent(1, 0)).toBe('0 %');
  expect(percent(1, 1_000)).toBe('< 1 %');
  expect(percent(1, 8)).toBe('13 %');
});
