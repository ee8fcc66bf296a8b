import { describe, expect, test } from 'vitest';

import { fieldsAt, placeAfter, withStops } from './place';

describe('the place at the cursor', () => {
  test.each([
    ["const _ = require('lo", 'lo'],
    ['const { DateTime } = require("', ''],
    ["import { v4 } from 'uu", 'uu'],
    ["await import('timers/pro", 'timers/pro'],
    ["import 'x", 'x'],
  ])('%s is the name of a package', (before, typed) => {
    expect(placeAfter(before)).toEqual({ kind: 'package', typed });
  });

  test('a closed string is none', () => {
    expect(placeAfter("require('lodash').")).toBeUndefined();
    expect(placeAfter("const x = 'lo")).toBeUndefined();
  });

  test.each([
    ['const x = input.', [], ''],
    ['if (input.payload.gen', ['payload'], 'gen'],
    ['input?.payload?.general.', ['payload', 'general'], ''],
  ])('%s is a field of the input', (before, path, typed) => {
    expect(placeAfter(before)).toEqual({ kind: 'input', path, typed });
  });

  test('another input is none', () => {
    expect(placeAfter('form.input.')).toBeUndefined();
    expect(placeAfter('myinput.')).toBeUndefined();
  });

  test('names of variables and secrets', () => {
    expect(placeAfter('process.env.UR')).toEqual({ kind: 'variable', typed: 'UR' });
    expect(placeAfter("process.env['U")).toEqual({ kind: 'variable', typed: 'U' });
    expect(placeAfter("client.readSecret('k-")).toEqual({ kind: 'secret', typed: 'k-' });
  });

  test('the beginning of a line', () => {
    expect(placeAfter('  HTT')).toEqual({ kind: 'statement', typed: 'HTT' });
    expect(placeAfter('foo(')).toBeUndefined();
  });
});

test('a sample is gone through as far as it goes', () => {
  const sample = { payload: { general: { type: 'UPSERT', 'odd-name': 1 } } };
  expect(fieldsAt(sample, ['payload', 'general'])).toEqual([['type', 'UPSERT']]);
  expect(fieldsAt(sample, ['payload', 'nothing'])).toEqual([]);
  expect(fieldsAt(undefined, [])).toEqual([]);
});

test('a snippet has stops, and what is code stays code', () => {
  const code = "a('YOUR_KEY', `${x}`, 'YOUR_KEY', 'YOUR_ID_2')";

  expect(withStops(code)).toBe("a('${1:YOUR_KEY}', `\\${x\\}`, '${1:YOUR_KEY}', '${2:YOUR_ID_2}')");
});
