import { expect, it } from 'vitest';

import { fits, rank } from './search';

it('wants every word, in any order and case', () => {
  expect(fits('World hello', 'hello-world')).toBe(true);
  expect(fits('hello there', 'hello-world')).toBe(false);
  expect(fits('', 'anything')).toBe(true);
});

it('ranks the beginning of a word before its middle', () => {
  const best = ['shallow', 'say-all', 'all'].sort(
    (a, b) => (rank('all', a) ?? 0) - (rank('all', b) ?? 0),
  );
  expect(best).toEqual(['all', 'say-all', 'shallow']);
  expect(rank('x', 'all')).toBeUndefined();
});
