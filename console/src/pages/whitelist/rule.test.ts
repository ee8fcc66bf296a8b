import { describe, expect, it } from 'vitest';

import { ruleProblem } from './rule';

describe('ruleProblem', () => {
  it('takes hosts, one leading star, schemes and ports', () => {
    for (const rule of [
      'api.example.com',
      '*.example.com',
      'https://api.example.com',
      'http://localhost:8080',
      ' 127.0.0.1 ',
    ])
      expect(ruleProblem(rule, [])).toBeUndefined();
  });

  it('says what is wrong', () => {
    expect(ruleProblem('a.example', ['a.example'])).toMatch(/already/);
    expect(ruleProblem('ftp://a.example', [])).toMatch(/http or https/);
    expect(ruleProblem('a.example/path', [])).toMatch(/without a path/);
    expect(ruleProblem('user@a.example', [])).toMatch(/without a path or a user/);
    expect(ruleProblem('*.*.example', [])).toMatch(/no other star/);
    expect(ruleProblem('a..example', [])).toMatch(/host name/);
    expect(ruleProblem('-a.example', [])).toMatch(/host name/);
  });

  it('takes ports up to 65535', () => {
    expect(ruleProblem('a.example:65535', [])).toBeUndefined();
    expect(ruleProblem('a.example:65536', [])).toMatch(/65535/);
    expect(ruleProblem('a.example:0', [])).toMatch(/65535/);
  });
});
