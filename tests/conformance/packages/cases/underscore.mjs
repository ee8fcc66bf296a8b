// underscore, data: collections and chains.
import _ from 'underscore';

export async function lambda() {
  return {
    'counts': [_.countBy([1, 2, 3], (n) => (n % 2 ? 'odd' : 'even')), { odd: 2, even: 1 }],
    'chains': [_([3, 1, 2]).chain().sortBy().map((n) => n * 10).value(), [10, 20, 30]],
    'compares': [_.isEqual({ a: [1, { b: 2 }] }, { a: [1, { b: 2 }] }), true],
    'templates': [_.template('hello <%= name %>')({ name: 'Ada' }), 'hello Ada'],
    'zips': [_.zip(['a', 'b'], [1, 2]), [['a', 1], ['b', 2]]],
  };
}
