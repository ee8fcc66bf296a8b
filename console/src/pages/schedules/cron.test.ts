import { expect, it } from 'vitest';

import { inWords, zones } from './cron';

it('a cron expression is told in words', () => {
  expect(inWords('*/15 * * * *')).toBe('Every 15 minutes');
  expect(inWords('30 6 * * 1-5')).toBe('At 06:30, Monday through Friday');
  expect(inWords('@daily')).toBe('At 00:00');
  expect(inWords('what')).toBe('what');
});

it('UTC comes before all other time zones, once', () => {
  expect(zones()[0]).toBe('Etc/UTC');
  expect(zones().filter((zone) => zone.endsWith('UTC'))).toEqual(['Etc/UTC']);
  expect(zones()).toContain('Europe/Berlin');
});
