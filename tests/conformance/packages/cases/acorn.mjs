// acorn, parsers: JavaScript to a syntax tree.
import { parse, tokenizer } from 'acorn';

export async function lambda() {
  const tree = parse('const f = async (a, ...b) => a ?? b?.[0];', { ecmaVersion: 'latest' });
  let refused;
  try {
    parse('let a = ;\n', { ecmaVersion: 2020 });
  } catch (error) {
    refused = error;
  }
  return {
    'a tree': [tree.body[0].declarations[0].init.body.type, 'LogicalExpression'],
    'tokens': [[...tokenizer('a + 1', { ecmaVersion: 2020 })].map((token) => token.type.label), ['name', '+/-', 'num']],
    'places of errors': [[refused.message, refused.loc], ['Unexpected token (1:8)', { line: 1, column: 8 }]],
  };
}
