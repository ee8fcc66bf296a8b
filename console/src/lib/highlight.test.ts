import { expect, it } from 'vitest';

import { pieces } from './highlight';

const kinds = (code: string) =>
  pieces(code)
    .filter(({ kind }) => kind !== 'plain')
    .map(({ kind, text }) => `${kind} ${text}`);

it('tells keywords, functions, strings, numbers, types and comments', () => {
  expect(kinds('const a = new Date(12.5); // x')).toEqual([
    'keyword const',
    'keyword new',
    'function Date',
    'number 12.5',
    'comment // x',
  ]);
  expect(kinds("throw Error; 'it\\'s'")).toEqual([
    'keyword throw',
    'type Error',
    "string 'it\\'s'",
  ]);
});

it('takes no word for a keyword that only holds one', () => {
  expect(kinds('constant.newer = input')).toEqual([]);
});

it('loses nothing of what it is given, however broken', () => {
  for (const code of ['`${a', '/* open', "'half\nnext", 'a\u0000b', '', '"\\', '{"a": 1}\r\n']) {
    expect(
      pieces(code)
        .map(({ text }) => text)
        .join(''),
    ).toBe(code);
  }
});
