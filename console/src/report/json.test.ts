import { expect, test } from 'vitest';

import { jsonProblem, kindOf, literal, preview } from './json';

test('each kind of value is known', () => {
  const kinds = [{}, [], '', 1, true, null, undefined].map(kindOf);
  expect(kinds).toEqual(['object', 'list', 'string', 'number', 'word', 'word', 'word']);
});

test('a literal is written as JSON writes it', () => {
  expect([literal('a"b'), literal(null), literal(undefined)]).toEqual([
    '"a\\"b"',
    'null',
    'undefined',
  ]);
});

test('a preview is one short line', () => {
  expect(preview({ a: 1 })).toBe('{"a":1}');
  expect(preview('x'.repeat(200))).toHaveLength(80);
});

test('what is no JSON is said', () => {
  expect(jsonProblem('{"a":1}')).toBeUndefined();
  expect(jsonProblem('{a:1}')).toContain('JSON');
});
