import { describe, expect, it } from 'vitest';

import { keyProblem, valueOf } from './secret';

describe('keyProblem', () => {
  it('takes a hundred characters and not one more', () => {
    expect(keyProblem('A'.repeat(100), [])).toBeUndefined();
    expect(keyProblem('A'.repeat(101), [])).toMatch(/1 to 100/);
  });

  it('refuses other characters, and a key that is there', () => {
    expect(keyProblem('a b', [])).toMatch(/letters/);
    expect(keyProblem('TOKEN', ['TOKEN'])).toMatch(/already/);
  });
});

describe('valueOf', () => {
  it('is the text, or what the text spells', () => {
    expect(valueOf('{"a":1}', false)).toEqual({ value: '{"a":1}' });
    expect(valueOf('{"a":1}', true)).toEqual({ value: { a: 1 } });
    expect(valueOf('{a}', true).error).toMatch(/not JSON/);
  });

  it('has at most 10,000 characters', () => {
    expect(valueOf('é'.repeat(10_000), false).error).toBeUndefined();
    expect(valueOf('é'.repeat(10_001), false).error).toMatch(/10,000/);
  });
});
