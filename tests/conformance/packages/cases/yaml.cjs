// yaml, formats: YAML 1.2, as documents that keep their comments.
const YAML = require('yaml');

exports.lambda = async () => {
  const document = YAML.parseDocument('# head\na: 1 # one\nb:\n  - x\n');
  document.set('a', 2);
  return {
    'parses': [YAML.parse('a: {b: [1, 0o17]}\nc: >-\n  folded\n  text\n'), { a: { b: [1, 15] }, c: 'folded text' }],
    'keeps comments': [String(document), '# head\na: 2 # one\nb:\n  - x\n'],
    'several documents': [YAML.parseAllDocuments('1\n---\n2\n').map((part) => part.toJS()), [1, 2]],
    'errors': [YAML.parseDocument('a: [').errors.map((error) => error.code), ['BAD_INDENT']],
  };
};
