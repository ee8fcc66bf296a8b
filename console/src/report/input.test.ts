import { expect, test } from 'vitest';

import { inputText, parseInput } from './input';

test('the sample of an event is an input', () => {
  const sample = { headers: [{ key: 'a', value: 'b' }], payload: { c: 1 } };
  expect(parseInput(inputText(sample))).toEqual({ input: sample });
  expect(parseInput(inputText(undefined))).toEqual({ input: { headers: [], payload: {} } });
});

test('what is no input is refused with what to do', () => {
  const problem = (text: string) => {
    const parsed = parseInput(text);
    return 'problem' in parsed ? parsed.problem : undefined;
  };
  expect(problem('{')).toContain('not JSON');
  expect(problem('[]')).toContain('object');
  expect(problem('{"headers":[]}')).toContain('payload');
  expect(problem('{"payload":1,"headers":{"a":"b"}}')).toContain('list');
  expect(problem('{"payload":1,"headers":[{"key":"a","value":1}]}')).toContain('list');
  expect(problem('{"payload":null}')).toBeUndefined();
});
