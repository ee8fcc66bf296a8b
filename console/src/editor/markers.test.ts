import { expect, test } from 'vitest';

import { unitColumn, words } from './markers';

test('columns in characters become columns in UTF-16 units', () => {
  expect(unitColumn('abc', 3)).toBe(3);
  expect(unitColumn('😀😀x', 3)).toBe(5);
});

test('a mistake is said with what to do about it', () => {
  expect(words({ message: 'unexpected `;`', line: 1, column: 1 })).toBe('unexpected `;`');
  expect(words({ message: 'no', hint: 'do', line: 0, column: 0 })).toBe('no\ndo');
});
