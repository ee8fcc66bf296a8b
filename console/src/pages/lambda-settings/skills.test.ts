import { expect, test } from 'vitest';

import { skillsIn, skillsProblem } from './skills';

test('skills stand one on a line, each once', () => {
  expect(skillsIn(' a \nb, c\n\na')).toEqual(['a', 'b', 'c']);
});

test('there are five hundred of a hundred characters', () => {
  const many = (count: number) => Array.from({ length: count }, (_, index) => `s${index}`);
  expect(skillsProblem(many(500))).toBeUndefined();
  expect(skillsProblem(many(501))).toContain('501');
  expect(skillsProblem(['😀'.repeat(100)])).toBeUndefined();
  expect(skillsProblem(['x'.repeat(101)])).toContain('100');
});
