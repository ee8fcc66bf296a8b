import { expect, test } from 'vitest';

import {
  sameVariables,
  valueProblem,
  variableChanges,
  variableProblem,
  withVariable,
} from './variables';

test('names of the platform are refused in its words', () => {
  for (const name of ['NODE_ENV', 'BRAND_ID', 'WATCHDOG_VERSION']) {
    expect(variableProblem(name, [])).toBe(
      'Variable name is reserved and thereby blocked for use.',
    );
  }
  // As on the platform, the case counts.
  expect(variableProblem('node_env', [])).toBeUndefined();
});

test('a name is one that the server takes', () => {
  for (const name of ['', '1A', 'A-B', 'A B', 'Ä', 'A='])
    expect(variableProblem(name, []), name).toBeDefined();
  expect(variableProblem('_a1', [])).toBeUndefined();
  expect(variableProblem('A'.repeat(200), [])).toBeUndefined();
  expect(variableProblem('A'.repeat(201), [])).toContain('201');
  expect(variableProblem('A', ['A'])).toContain('already');
});

test('a value has 1,024 characters, however many units they take', () => {
  expect(valueProblem('😀'.repeat(1_024))).toBeUndefined();
  expect(valueProblem('x'.repeat(1_025))).toContain('1025');
  expect(valueProblem('\0')).toContain('NUL');
});

test('variables are changed without their order mattering', () => {
  const all = [{ key: 'B', value: '1' }];
  const more = withVariable(all, { key: 'A', value: '2' });
  expect(more.map(({ key }) => key)).toEqual(['A', 'B']);
  expect(withVariable(more, { key: 'C', value: '3' }, 'B').map(({ key }) => key)).toEqual([
    'A',
    'C',
  ]);
  expect(sameVariables(more, [...more].reverse())).toBe(true);
  expect(sameVariables(more, all)).toBe(false);
});

test('environments are compared by name', () => {
  const after = [
    { key: 'NEW', value: '' },
    { key: 'OTHER', value: '2' },
    { key: 'SAME', value: '1' },
  ];
  expect(variableChanges({ GONE: '', OTHER: '1', SAME: '1' }, after)).toEqual([
    { key: 'GONE', kind: 'removed' },
    { key: 'NEW', kind: 'added' },
    { key: 'OTHER', kind: 'changed' },
  ]);
});
