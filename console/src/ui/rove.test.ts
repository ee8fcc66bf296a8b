import { expect, it } from 'vitest';

import { step } from './rove';

it('the arrows go from row to row and stop at both ends', () => {
  expect(step('ArrowDown', 0, 3)).toBe(1);
  expect(step('ArrowDown', 2, 3)).toBe(2);
  expect(step('ArrowUp', 1, 3)).toBe(0);
  expect(step('ArrowUp', 0, 3)).toBe(0);
  expect(step('Home', 2, 3)).toBe(0);
  expect(step('End', 0, 3)).toBe(2);
  expect(step('Enter', 0, 3)).toBeUndefined();
  expect(step('End', 0, 0)).toBeUndefined();
});
