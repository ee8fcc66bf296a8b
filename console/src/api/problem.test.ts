import { describe, expect, it } from 'vitest';

import { Problem, problemFrom, problemOf, sentence } from './problem';

describe('problemOf', () => {
  it('takes the detail of a problem before the other forms', () => {
    const body = { title: 'Conflict', detail: 'the name is taken', errorCode: 'a.b', status: 409 };
    const problem = problemOf(409, body);
    expect(problem.message).toBe('The name is taken.');
    expect(problem.code).toBe('a.b');
    expect(problem.details['title']).toBe('Conflict');
  });

  it('reads both forms of the platform', () => {
    expect(problemOf(404, { errorCode: 'x', errorMsg: 'No lambda.' }).message).toBe('No lambda.');
    expect(problemOf(404, { code: 'y', message: 'gone away' }).code).toBe('y');
  });

  it('has words of its own where the server had none', () => {
    expect(problemOf(409, undefined).message).toMatch(/Somebody else/);
    expect(problemOf(418, 'text').message).toBe('The server answered with status 418.');
  });
});

describe('problemFrom', () => {
  it('says that the server does not answer', () => {
    expect(problemFrom(new TypeError('Failed to fetch')).message).toMatch(/does not answer/);
  });

  it('leaves a problem as it is', () => {
    const problem = new Problem(400, 'What?');
    expect(problemFrom(problem)).toBe(problem);
  });
});

describe('sentence', () => {
  it('begins with a capital and ends with a stop', () => {
    expect(sentence('the name is taken')).toBe('The name is taken.');
    expect(sentence('is it so?')).toBe('Is it so?');
  });

  it('leaves names and code alone', () => {
    expect(sentence('`url` is missing')).toBe('`url` is missing.');
    expect(sentence('api.example.com is not listed')).toBe('api.example.com is not listed.');
  });
});
