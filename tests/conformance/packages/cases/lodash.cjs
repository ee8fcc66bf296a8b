// lodash, data: collections, objects, texts and functions.
const _ = require('lodash');

exports.lambda = async () => {
  const people = [{ n: 'Ada', a: 36 }, { n: 'Bob', a: 40 }, { n: 'Cid', a: 36 }];
  let calls = 0;
  const once = _.memoize((n) => { calls += 1; return n * 2; });
  once(2);
  once(2);
  return {
    'groups': [_.mapValues(_.groupBy(people, 'a'), (group) => _.map(group, 'n')), { 36: ['Ada', 'Cid'], 40: ['Bob'] }],
    'sorts': [_.map(_.orderBy(people, ['a', 'n'], ['desc', 'desc']), 'n'), ['Bob', 'Cid', 'Ada']],
    'reaches deep': [[_.get({ a: [{ b: 1 }] }, 'a[0].b'), _.get({}, 'a.b', 'no'), _.set({}, 'a[1].b', 2)], [1, 'no', { a: [null, { b: 2 }] }]],
    'merges': [_.merge({ a: { b: 1 } }, { a: { c: 2 } }), { a: { b: 1, c: 2 } }],
    'copies': [_.isEqual(_.cloneDeep({ d: new Date(5), m: new Map([[1, { x: 1 }]]) }), { d: new Date(5), m: new Map([[1, { x: 1 }]]) }), true],
    'texts': [[_.camelCase('Foo Bar-baz'), _.kebabCase('fooBar'), _.truncate('abcdefghij', { length: 6 }), _.deburr('déjà')], ['fooBarBaz', 'foo-bar', 'abc...', 'deja']],
    'templates': [_.template('<% names.forEach(n => { %><%- n %>;<% }) %>')({ names: ['a', '<b>'] }), 'a;&lt;b&gt;;'],
    'chains': [_.chain([1, 2, 3, 4]).filter((n) => n % 2 === 0).map((n) => n * n).sum().value(), 20],
    'memory': [calls, 1],
  };
};
