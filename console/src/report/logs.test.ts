import { expect, test } from 'vitest';

import { clockOf, firstLine, toneOf } from './logs';

test('levels have tones, in any case', () => {
  expect(['Debug', 'INFO', 'warn', 'Error', 'other'].map(toneOf)).toEqual([
    'draft',
    'info',
    'changed',
    'failed',
    'draft',
  ]);
});

test('times have milliseconds', () => {
  expect(clockOf(new Date(2026, 10, 30, 4, 5, 6, 7).getTime())).toBe('04:05:06.007');
});

test('the first line stands for the rest', () => {
  expect([firstLine('one\ntwo'), firstLine('one'), firstLine('')]).toEqual(['one', 'one', '']);
});
