import { expect, it } from 'vitest';

import { passwordProblem } from './user';

it('a password has twelve characters, and not one less', () => {
  expect(passwordProblem('é'.repeat(12))).toBeUndefined();
  expect(passwordProblem('é'.repeat(11))).toBe('At least 12 characters: 1 more.');
});
