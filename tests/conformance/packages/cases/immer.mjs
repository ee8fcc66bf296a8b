// immer, data: changes to copies, written as changes.
import { enableMapSet, enablePatches, produce, produceWithPatches } from 'immer';

enablePatches();
enableMapSet();

export async function lambda() {
  const before = { list: [{ n: 1 }], other: { deep: true } };
  const after = produce(before, (draft) => {
    draft.list.push({ n: 2 });
    draft.list[0].n = 5;
  });
  const [, patches, inverse] = produceWithPatches({ a: 1 }, (draft) => { draft.a = 2; });
  let frozen = false;
  try {
    after.list.push(1);
  } catch {
    frozen = true;
  }
  return {
    'copies': [[before.list, after.list], [[{ n: 1 }], [{ n: 5 }, { n: 2 }]]],
    'shares': [after.other === before.other, true],
    'patches': [[patches, inverse], [[{ op: 'replace', path: ['a'], value: 2 }], [{ op: 'replace', path: ['a'], value: 1 }]]],
    'maps': [[...produce(new Map([['a', { b: 1 }]]), (draft) => { draft.get('a').b = 2; })], [['a', { b: 2 }]]],
    'freezes': [frozen, true],
  };
}
