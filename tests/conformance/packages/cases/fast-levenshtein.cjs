// fast-levenshtein, strings: the distance of two words.
const levenshtein = require('fast-levenshtein');

exports.lambda = async () => ({
  'known distances': [[['kitten', 'sitting'], ['', 'abc'], ['same', 'same'], ['flaw', 'lawn']].map(([a, b]) => levenshtein.get(a, b)), [3, 3, 0, 2]],
  'by collation': [levenshtein.get('mikailovitch', 'Mikhaïlovitch', { useCollator: true }), 1],
});
