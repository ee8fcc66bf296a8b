import { describe, expect, it } from 'vitest';

import { isEmpty, type Series, stacked, tick } from './series';

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

it('a time stands below a chart as its hour, over more than two days as its day', () => {
  const day = 86_400_000;
  expect(tick([0, 2 * day])(day)).toMatch(/^\d\d:\d\d$/);
  expect(tick([0, 2 * day + 1])(day)).toMatch(/^\d+ Jan$/);
});
