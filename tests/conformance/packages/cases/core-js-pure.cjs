// core-js-pure, data: what the language has later, without changing it.
const Map = require('core-js-pure/actual/map');
const structuredClone = require('core-js-pure/actual/structured-clone');
const groupBy = require('core-js-pure/actual/object/group-by');
const Iterator = require('core-js-pure/actual/iterator');

exports.lambda = async () => ({
  'groups': [{ ...groupBy([1, 2, 3], (n) => (n % 2 ? 'odd' : 'even')) }, { odd: [1, 3], even: [2] }],
  'clones': [[...structuredClone(new globalThis.Map([['a', { b: 1 }]]))], [['a', { b: 1 }]]],
  'maps': [[...Map.groupBy([1, 2], (n) => n % 2)].map(([key, list]) => [key, list]), [[1, [1]], [0, [2]]]],
  'iterators': [Iterator.from([1, 2, 3]).drop(1).toArray(), [2, 3]],
});
