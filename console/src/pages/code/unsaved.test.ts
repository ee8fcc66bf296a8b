import { expect, test } from 'vitest';

import { type Shelf, UnsavedChanges } from './unsaved';

class Memory implements Shelf {
  readonly #kept = new Map<string, string>();
  get length(): number {
    return this.#kept.size;
  }
  getItem(key: string): string | null {
    return this.#kept.get(key) ?? null;
  }
  setItem(key: string, value: string): void {
    this.#kept.set(key, value);
  }
  removeItem(key: string): void {
    this.#kept.delete(key);
  }
  key(index: number): string | null {
    return [...this.#kept.keys()][index] ?? null;
  }
}

const change = (code: string, at: number) => ({ code, variables: [], at });

test('what is kept is found, the last one first', () => {
  const shelf = new Memory();
  const changes = new UnsavedChanges(shelf, '1', 'uuid');
  changes.keep(3, change('old', 1_000));
  changes.keep(4, change('new', 2_000));
  expect(changes.find(3_000)).toEqual({ version: 4, unsaved: change('new', 2_000) });
  changes.forget();
  expect(changes.find(3_000)).toBeUndefined();
});

test('each account and each lambda has its own', () => {
  const shelf = new Memory();
  new UnsavedChanges(shelf, '1', 'uuid').keep(1, change('mine', 1));
  expect(new UnsavedChanges(shelf, '2', 'uuid').find(2)).toBeUndefined();
  expect(new UnsavedChanges(shelf, '1', 'other').find(2)).toBeUndefined();
});

test('what is old or broken is forgotten', () => {
  const shelf = new Memory();
  const changes = new UnsavedChanges(shelf, '1', 'uuid');
  changes.keep(1, change('old', 0));
  shelf.setItem('sandglass.unsaved.1.uuid.2', '{"code":1}');
  shelf.setItem('sandglass.unsaved.1.uuid.3', 'nonsense');
  expect(changes.find(61 * 24 * 60 * 60_000)).toBeUndefined();
  expect(shelf.length).toBe(0);
});

test('a browser without room is no reason to stop', () => {
  const shelf = new Memory();
  shelf.setItem = () => {
    throw new Error('QuotaExceededError');
  };
  expect(() => new UnsavedChanges(shelf, '1', 'u').keep(1, change('x', 1))).not.toThrow();
});
