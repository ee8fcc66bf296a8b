// ramda, data: curried functions, lenses and transducers.
import * as R from 'ramda';

export async function lambda() {
  const length = R.lensPath(['a', 'b']);
  return {
    'composes': [R.pipe(R.map((n) => n * n), R.filter((n) => n > 1), R.sum)([1, 2, 3]), 13],
    'curries': [R.add(R.__, 1)(2), 3],
    'lenses': [R.over(length, R.inc, { a: { b: 1 } }), { a: { b: 2 } }],
    'groups': [R.groupBy(R.prop('k'), [{ k: 'x', v: 1 }, { k: 'y', v: 2 }, { k: 'x', v: 3 }]), { x: [{ k: 'x', v: 1 }, { k: 'x', v: 3 }], y: [{ k: 'y', v: 2 }] }],
    'transduces': [R.into([], R.compose(R.map(R.inc), R.take(2)), [1, 2, 3]), [2, 3]],
    'awaits': [await R.pipeWith(R.andThen, [async (n) => n + 1, (n) => n * 2])(1), 4],
  };
}
