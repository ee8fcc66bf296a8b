// esprima, parsers: JavaScript to a syntax tree and to tokens.
const esprima = require('esprima');

exports.lambda = async () => ({
  'a tree': [esprima.parseScript('answer = 6 * 7').body[0].expression.right.operator, '*'],
  'tokens': [esprima.tokenize('var a = /x/g').map((token) => token.type), ['Keyword', 'Identifier', 'Punctuator', 'RegularExpression']],
  'modules': [esprima.parseModule('import a from "b"').body[0].source.value, 'b'],
});
