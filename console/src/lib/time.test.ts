import { describe, expect, it } from 'vitest';

import { ago, duration, utc } from './time';

const NOW = Date.UTC(2026, 0, 31, 12);
const [S, MIN, H, DAY] = [1_000, 60_000, 3_600_000, 86_400_000];

describe('ago', () => {
  it.each([
    [NOW, 'just now'],
    [NOW - 4_999, 'just now'],
    [NOW - 5 * S, '5 s ago'],
    [NOW - 59 * S, '59 s ago'],
    [NOW - MIN, '1 min ago'],
    [NOW - 59 * MIN, '59 min ago'],
    [NOW - H, '1 h ago'],
    [NOW - DAY, '1 day ago'],
    [NOW - 59 * DAY, '59 days ago'],
    [NOW - 60 * DAY, '2 months ago'],
    [NOW + 2 * MIN, 'in 2 min'],
  ])('%d is %s', (at, text) => expect(ago(at, NOW)).toBe(text));
});

describe('duration', () => {
  it.each([
    [0.0246, '25 µs'],
    [1, '1.0 ms'],
    [9.94, '9.9 ms'],
    [10, '10 ms'],
    [999, '999 ms'],
    [1_000, '1.00 s'],
    [12_340, '12.3 s'],
    [61_000, '1 min 1 s'],
  ])('%d ms is %s', (ms, text) => expect(duration(ms)).toBe(text));
});

it('tells UTC as logs do', () => expect(utc(NOW)).toBe('2026-01-31 12:00:00 UTC'));
