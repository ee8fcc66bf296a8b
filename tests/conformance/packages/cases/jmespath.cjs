// jmespath, data: queries of JSON.
const jmespath = require('jmespath');

exports.lambda = async () => ({
  'filters and projections': [jmespath.search({ list: [{ n: 'a', v: 1 }, { n: 'b', v: 5 }] }, 'list[?v > `2`].{name: n}'), [{ name: 'b' }]],
  'functions': [jmespath.search({ a: [3, 1, 2] }, 'sort(a) | [-1]'), 3],
});
