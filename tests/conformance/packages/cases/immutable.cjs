// immutable, data: persistent collections.
const { fromJS, is, List, Map, OrderedMap, Range, Record, Set } = require('immutable');

exports.lambda = async () => {
  const Point = Record({ x: 0, y: 0 });
  const before = fromJS({ a: { b: [1, 2] } });
  return {
    'changes deep': [[before.setIn(['a', 'b', 0], 9).toJS(), before.toJS()], [{ a: { b: [9, 2] } }, { a: { b: [1, 2] } }]],
    'compares by value': [is(Map({ a: List([1]) }), Map({ a: List([1]) })), true],
    'lazy ranges': [Range(1, Infinity).filter((n) => n % 3 === 0).map((n) => n * n).take(3).toArray(), [9, 36, 81]],
    'sets': [Set([1, 2, 3]).intersect([2, 3, 4]).toArray().sort(), [2, 3]],
    'records': [new Point({ x: 5 }).set('y', 6).toObject(), { x: 5, y: 6 }],
    'order': [OrderedMap([['z', 1], ['a', 2]]).keySeq().toArray(), ['z', 'a']],
  };
};
