// yargs-parser, parsers: arguments of commands, with types and aliases.
import parse from 'yargs-parser';

export async function lambda() {
  return {
    'types': [parse('--count=3 -v -v --list a b --no-ask', { count: ['v'], array: ['list'], number: ['count'] }), { _: [], count: 3, v: 2, list: ['a', 'b'], ask: false }],
    'quotes': [parse('--text "a b" rest')._, ['rest']],
    'nested names': [parse('--a.b.c 1').a, { b: { c: 1 } }],
  };
}
