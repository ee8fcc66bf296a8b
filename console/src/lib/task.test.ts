import { expect, test } from 'vitest';

import { Problem } from '$/api/problem';

import { Task } from './task.svelte';

test('it is done once at a time, and says that it is under way', async () => {
  const task = new Task();
  let end = () => {};
  let times = 0;
  const first = task.run(async () => {
    times += 1;
    await new Promise<void>((resolve) => (end = resolve));
  });
  expect(task.busy).toBe(true);
  await task.run(async () => void (times += 1));
  expect(times).toBe(1);
  end();
  await first;
  expect(task.busy).toBe(false);
  await task.run(async () => void (times += 1));
  expect(times).toBe(2);
});

test('why it was not done stays until it is tried again, or a dialog begins anew', async () => {
  const task = new Task();
  const taken = new Problem(409, 'The name is taken.');
  const refused = () => task.run(() => Promise.reject(taken));
  await refused();
  expect([task.busy, task.problem]).toEqual([false, taken]);
  const again = task.run(async () => undefined);
  expect(task.problem).toBeUndefined();
  await again;
  await refused();
  task.reset();
  expect(task.problem).toBeUndefined();
});
