import { expect, test } from 'vitest';

import { Problem } from '$/api/problem';

import { attempt } from './attempt';
import { toasts } from './toast.svelte';

test('what does not work is said, after what was tried, and nothing else is', async () => {
  const gone = () => Promise.reject(new Problem(404, 'It does not exist.'));
  expect(await attempt(() => Promise.resolve())).toBe(true);
  expect(toasts.list).toEqual([]);
  expect(await attempt(gone)).toBe(false);
  expect(await attempt(gone, 'hello could not be deleted.')).toBe(false);
  const said = toasts.list.map(({ tone, message }) => ({ tone, message }));
  expect(said).toEqual([
    { tone: 'failed', message: 'It does not exist.' },
    { tone: 'failed', message: 'hello could not be deleted. It does not exist.' },
  ]);
});
