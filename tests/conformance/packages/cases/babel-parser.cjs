// @babel/parser, parsers: JavaScript, JSX and TypeScript to a syntax tree.
const { parse, parseExpression } = require('@babel/parser');

exports.lambda = async () => {
  const ast = parse('interface A { b: string }\nconst x = <T,>(y: T): T => y;', { sourceType: 'module', plugins: ['typescript'] });
  return {
    'TypeScript': [ast.program.body.map((node) => node.type), ['TSInterfaceDeclaration', 'VariableDeclaration']],
    'JSX': [parseExpression('<a b={1}>c</a>', { plugins: ['jsx'] }).children[0].value, 'c'],
    'recovers': [parse('let a; let a;', { errorRecovery: true }).errors.map((error) => error.reasonCode), ['VarRedeclaration']],
    'comments': [parse('// hi\n1').comments[0].value, ' hi'],
  };
};
