import { expect, test } from 'vitest';

import type { RunRequest } from './types';
import { waterfallOf } from './waterfall';

const request = (
  startMs: number,
  durationMs: number,
  more: Partial<RunRequest> = {},
): RunRequest => ({
  method: 'GET',
  url: 'https://example.com/a?b=c',
  startMs,
  durationMs,
  bytesSent: 0,
  bytesReceived: 0,
  ...more,
});

test('bars lie on the time line of the run', () => {
  const { rows, whole } = waterfallOf([request(25, 50, { status: 200 })], 100);
  expect(whole).toBe(100);
  expect(rows[0]).toMatchObject({ host: 'example.com', path: '/a?b=c', left: 25, width: 50 });
  expect(rows[0]?.failed).toBe(false);
});

test('the shortest bar can be seen, and none ends after the line', () => {
  const { rows } = waterfallOf([request(100, 0)], 100);
  const [row] = rows;
  expect(row?.width).toBeGreaterThan(0.5);
  expect((row?.left ?? 0) + (row?.width ?? 0)).toBeLessThanOrEqual(100);
});

test('no answer, and an answer of 400 and more, is a failure', () => {
  const rows = waterfallOf([request(0, 1), request(0, 1, { status: 403 })], 1).rows;
  expect(rows.map(({ failed }) => failed)).toEqual([true, true]);
});

test('what is no URL is shown as it is, and nothing takes no time', () => {
  const { rows, whole } = waterfallOf([request(0, 0, { url: 'nonsense' })], 0);
  expect(rows[0]?.host).toBe('nonsense');
  expect(whole).toBeGreaterThan(0);
});
