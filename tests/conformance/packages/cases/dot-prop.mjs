// dot-prop, data: values by path.
import { deleteProperty, escapePath, getProperty, hasProperty, setProperty } from 'dot-prop';

export async function lambda() {
  const value = { a: [{ b: 1 }], 'x.y': 2 };
  setProperty(value, 'a[0].c', 3);
  deleteProperty(value, 'a[0].b');
  return {
    'reads and writes': [[value.a, getProperty(value, escapePath('x.y')), hasProperty(value, 'a[1]')], [[{ c: 3 }], 2, false]],
    'no prototypes': [setProperty({}, '__proto__.bad', 1).bad ?? ({}).bad ?? 'safe', 'safe'],
  };
}
