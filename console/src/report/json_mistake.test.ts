import { expect, test } from 'vitest';

import { jsonMistake } from './json_mistake';

test('a mistake is told with its place and what should be there', () => {
  for (const [text, told] of [
    ['', 'line 1, column 1: a value should be here, and the text ends.'],
    ['{"payload": ', 'line 1, column 13: a value should be here, and the text ends.'],
    ['{\n  "a": nope\n}', 'line 2, column 8: a value should be here, not “nope”.'],
    ['{ a: 1 }', 'line 1, column 3: a name in double quotes should be here, not “a”.'],
    ["{ 'a': 1 }", "line 1, column 3: a name in double quotes should be here, not “'”."],
    ['{"ä😀": 1 2}', 'line 1, column 10: a comma or “}” should be here, not “2”.'],
    ['{"a" 1}', 'line 1, column 6: a colon should be here, not “1”.'],
    ['[1, 2', 'line 1, column 6: a comma or “]” should be here, and the text ends.'],
    ['[1,\n]', 'line 2, column 1: a value should be here, not “]”.'],
    ['{"a": 1,}', 'line 1, column 9: a name in double quotes should be here, not “}”.'],
    ['{} {}', 'line 1, column 4: the end should be here, not “{”.'],
    ['[01]', 'line 1, column 2: a value should be here, not “01”.'],
    ['["open]', 'line 1, column 2: a value should be here, not “"”.'],
  ] as const) {
    expect(() => JSON.parse(text) as unknown).toThrow();
    expect(jsonMistake(text)).toBe(told);
  }
});

test('it goes through all that is JSON before', () => {
  const json = '{"a":[1,-2.5e3,true,false,null,"\\u00e9\\n",{},[],{"b":[[]]}]}';
  expect(() => JSON.parse(json) as unknown).not.toThrow();
  expect(jsonMistake(`${json}!`)).toBe(
    `line 1, column ${json.length + 1}: the end should be here, not “!”.`,
  );
});
