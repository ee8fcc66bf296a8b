import { expect, test } from 'vitest';

import { proposedName } from './words';

test('a proposed name is free', () => {
  expect(proposedName('greeting', [])).toBe('greeting');
  expect(proposedName('greeting', ['greeting', 'greeting-2'])).toBe('greeting-3');
});
