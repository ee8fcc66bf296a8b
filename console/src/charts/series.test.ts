import { describe, expect, it } from 'vitest';

import { isEmpty, type Series, stacked } from './series';

const series = (...values: (number | null)[][]): Series[] =>
  values.map((some, index) => ({ label: String(index), colour: '--x', values: some }));

describe('stacked', () => {
  it('adds up from below, and takes what is not there for nothing', () => {
    expect(stacked(series([1, 2], [10, null], [100, 100]))).toEqual([
      [1, 2],
      [11, 2],
      [111, 102],
    ]);
  });
});

describe('isEmpty', () => {
  it('sees a single value', () => {
    expect(isEmpty(series([0, null], [0, 0]))).toBe(true);
    expect(isEmpty(series([0, null], [0, 1]))).toBe(false);
    expect(isEmpty([])).toBe(true);
  });
});
