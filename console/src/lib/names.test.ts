import { expect, it } from 'vitest';

import { descriptionProblem, freeName, nameProblem } from './names';

it('takes 50 characters and refuses 51', () => {
  expect(nameProblem('a'.repeat(50), [])).toBeUndefined();
  expect(nameProblem('a'.repeat(51), [])).toMatch(/these are 51/);
});

it('says what is wrong', () => {
  expect(nameProblem('', [])).toMatch(/needs a name/);
  expect(nameProblem('two words', [])).toMatch(/only/);
  expect(nameProblem('hello', ['hello'])).toMatch(/already/);
});

it('finds a free name that is not too long', () => {
  expect(freeName('hello', [])).toBe('hello-copy');
  expect(freeName('hello', ['hello-copy'])).toBe('hello-copy-2');
  expect(freeName('a'.repeat(50), [])).toHaveLength(50);
});

it('takes descriptions of two hundred characters', () => {
  expect(descriptionProblem('😀'.repeat(200))).toBeUndefined();
  expect(descriptionProblem('x'.repeat(201))).toContain('201');
});
