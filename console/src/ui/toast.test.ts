import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { Toasts } from './toast.svelte';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const messages = (toasts: Toasts) => toasts.list.map(({ message }) => message);

test('what was done goes by itself, later where it can be undone, and what failed stays', () => {
  const toasts = new Toasts();
  toasts.done('saved');
  toasts.done('deleted', () => undefined);
  toasts.failed('not deployed');
  vi.advanceTimersByTime(5_999);
  expect(messages(toasts)).toEqual(['saved', 'deleted', 'not deployed']);
  vi.advanceTimersByTime(1);
  expect(messages(toasts)).toEqual(['deleted', 'not deployed']);
  vi.advanceTimersByTime(6_000);
  expect(messages(toasts)).toEqual(['not deployed']);
});

test('time stands still while they are held, and goes on where it was', () => {
  const toasts = new Toasts();
  toasts.done('deleted', () => undefined);
  vi.advanceTimersByTime(11_000);
  toasts.hold(true);
  vi.advanceTimersByTime(60_000);
  toasts.done('said meanwhile');
  vi.advanceTimersByTime(60_000);
  expect(messages(toasts)).toEqual(['deleted', 'said meanwhile']);
  toasts.hold(false);
  vi.advanceTimersByTime(999);
  expect(messages(toasts)).toEqual(['deleted', 'said meanwhile']);
  vi.advanceTimersByTime(1);
  expect(messages(toasts)).toEqual(['said meanwhile']);
  vi.advanceTimersByTime(5_000);
  expect(messages(toasts)).toEqual([]);
});

test('of many the last four are there', () => {
  const toasts = new Toasts();
  for (const message of ['1', '2', '3', '4', '5']) toasts.failed(message);
  expect(messages(toasts)).toEqual(['2', '3', '4', '5']);
});
