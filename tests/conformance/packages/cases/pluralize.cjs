// pluralize, strings: plural and singular of English words.
const pluralize = require('pluralize');

exports.lambda = async () => ({
  'plural': [['person', 'wolf', 'index', 'sheep', 'city'].map((word) => pluralize(word)), ['people', 'wolves', 'indices', 'sheep', 'cities']],
  'singular': [['mice', 'children', 'statuses'].map((word) => pluralize.singular(word)), ['mouse', 'child', 'status']],
  'by number': [[pluralize('test', 1, true), pluralize('test', 5, true)], ['1 test', '5 tests']],
});
