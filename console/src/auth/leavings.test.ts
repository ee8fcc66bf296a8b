import { expect, test } from 'vitest';

import {
  type Shelf,
  beforeLeaving,
  forgetInputs,
  forgetUnsaved,
  inputKey,
  keepNow,
  unsavedLambdas,
  unsavedPrefix,
} from './leavings';

function shelf(entries: Record<string, string>): Shelf & { kept: Map<string, string> } {
  const kept = new Map(Object.entries(entries));
  return {
    kept,
    get length() {
      return kept.size;
    },
    getItem: (key) => kept.get(key) ?? null,
    removeItem: (key) => void kept.delete(key),
    key: (index) => [...kept.keys()][index] ?? null,
  };
}

const of = (owner: string, lambda: string, version: number) =>
  unsavedPrefix(owner, lambda) + version;

test('unsaved changes are told by name, each lambda once, and those of others are not', () => {
  const one = shelf({
    [of('1.ada', 'uuid-b', 3)]: '{"name":"orders"}',
    [of('1.ada', 'uuid-b', 4)]: '{"name":"orders"}',
    [of('1.ada', 'uuid-a', 1)]: 'broken',
    [of('1.bob', 'uuid-c', 1)]: '{"name":"theirs"}',
    [of('2.ada', 'uuid-d', 1)]: '{"name":"elsewhere"}',
    'sandglass.theme': 'dark',
  });
  expect(unsavedLambdas(one, '1.ada')).toEqual(['orders', 'uuid-a']);
});

test('what one forgets is theirs alone', () => {
  const [mine, theirs] = [of('1.ada', 'uuid', 1), of('1.bob', 'uuid', 1)];
  const one = shelf({ [mine]: '{}', [theirs]: '{}', 'sandglass.theme': 'dark' });
  forgetUnsaved(one, '1.ada');
  expect([...one.kept.keys()]).toEqual([theirs, 'sandglass.theme']);
});

test('inputs are forgotten, and nothing else', () => {
  const one = shelf({ [inputKey('1', 'uuid')]: '{}', 'sandglass.attempt': '{}' });
  forgetInputs(one);
  expect([...one.kept.keys()]).toEqual(['sandglass.attempt']);
});

test('what is not kept yet is kept when it is asked for, for as long as it may be', () => {
  let kept = 0;
  const stop = beforeLeaving(() => (kept += 1));
  keepNow();
  stop();
  keepNow();
  expect(kept).toBe(1);
});
