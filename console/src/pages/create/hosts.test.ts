import { expect, test } from 'vitest';

import { hostsIn, ruleProblem, rulesIn } from './hosts';

test('hosts are found in code and variables, not in comments', () => {
  const code = "// see https://docs.example.com/x\nfetch('https://api.example.com/v1');";
  const environmentVariables = [{ value: 'https://www.example.org' }, { value: 'nothing' }];
  expect(hostsIn({ code, environmentVariables })).toEqual(['api.example.com', 'www.example.org']);
});

test('rules stand one on a line', () => {
  expect(rulesIn(' a.example.com\n\nb.example.com, a.example.com')).toEqual([
    'a.example.com',
    'b.example.com',
  ]);
});

test('what cannot be a rule is said', () => {
  for (const rule of ['a.example.com', '*.example.com', 'https://a.example.com:8443', 'localhost'])
    expect(ruleProblem(rule), rule).toBeUndefined();
  for (const rule of [
    'https://a.example.com/path',
    'a b',
    '*',
    '*.*.x',
    'a@b',
    `${'a'.repeat(254)}`,
  ])
    expect(ruleProblem(rule), rule).toBeDefined();
});
