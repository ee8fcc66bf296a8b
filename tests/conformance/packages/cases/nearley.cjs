// nearley, parsers: Earley's algorithm, with every reading of what is ambiguous.
const { Grammar, Parser, Rule } = require('nearley');

const literal = (text) => ({ literal: text });
const grammar = new Grammar([
  new Rule('sum', ['sum', literal('+'), 'sum'], ([left, , right]) => [left, right]),
  new Rule('sum', [/[0-9]/], ([digit]) => Number(digit)),
], 'sum');

exports.lambda = async () => {
  const results = (text) => new Parser(grammar).feed(text).results;
  let refused;
  try {
    results('1+x');
  } catch (error) {
    refused = error.offset;
  }
  return {
    'one reading': [results('1+2'), [[1, 2]]],
    'every reading': [results('1+2+3').map((tree) => JSON.stringify(tree)).sort(), ['[1,[2,3]]', '[[1,2],3]']],
    'where it fails': [refused, 2],
  };
};
