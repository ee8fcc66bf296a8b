import { expect, it } from 'vitest';

import { stamp } from './stamp';

const at = new Date(2026, 10, 28, 14, 3, 9, 120).getTime();

it('an entry of today has its time to the millisecond', () => {
  expect(stamp(at, new Date(2026, 10, 28, 23, 59, 59, 999).getTime())).toBe('14:03:09.120');
});

it('an earlier one has its day', () => {
  expect(stamp(at, new Date(2026, 10, 29, 0, 0, 0, 0).getTime())).toBe('28 Nov 14:03');
});
