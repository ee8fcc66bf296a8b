import { expect, test } from 'vitest';

import { endingOf, headline } from './outcome';
import type { RunReport } from './types';

const report = (outcome: RunReport['outcome'], error?: object): RunReport =>
  ({ invocationId: 'i', outcome, error, logs: [], requests: [] }) as unknown as RunReport;

test('a limit is named in words', () => {
  const ended = endingOf(report('exceeded', { limit: 'wall_clock', blame: 'guest' }));
  expect(ended.label).toBe('Hit the time limit');
  expect(ended.detail).toBe('It was stopped. The lambda is what has to change.');
  expect(endingOf(report('exceeded', { limit: 'new_thing' })).label).toBe(
    'Hit the limit new thing',
  );
});

test('a failure is said with its name, and as a sentence without one', () => {
  expect(headline(report('threw', { name: 'TypeError', message: 'bad' }))).toBe('TypeError: bad');
  expect(headline(report('notBuilt', { message: 'unexpected `;`' }))).toBe('Unexpected `;`.');
  expect(headline(report('threw'))).toBe('It said nothing about why.');
});

test('an outcome of a newer server is shown as it is', () => {
  expect(endingOf(report('vanished' as RunReport['outcome'])).label).toBe('vanished');
});
