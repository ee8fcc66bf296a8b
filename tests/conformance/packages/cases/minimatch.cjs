// minimatch, strings: patterns of file names.
const { minimatch } = require('minimatch');

exports.lambda = async () => ({
  'patterns': [[['a/b/c.js', '**/*.js'], ['a.ts', '*.js'], ['.x', '*'], ['b.css', '*.{css,scss}'], ['a1', 'a[0-9]']].map(([name, pattern]) => minimatch(name, pattern)), [true, false, false, true, true]],
  'filters': [['a.js', 'b.ts', 'c.js'].filter(minimatch.filter('+(b|c).js')), ['c.js']],
});
