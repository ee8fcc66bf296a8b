import { expect, test } from 'vitest';

import type { LambdaInfo } from '$/api/types';

import { type EventInfo, blockedBy, choices } from './events';

const event = (eventName: string, free: boolean, lambdaLimit = 1): EventInfo => ({
  eventId: eventName.toLowerCase(),
  eventName,
  description: '',
  lambdaLimit,
  skills: false,
  samplePayload: { headers: [], payload: {} },
  lambdas: free ? 0 : lambdaLimit,
  free,
});
const lambda = (name: string, eventId: string) => ({ name, eventId }) as LambdaInfo;

test('free events come first, in the order of their names', () => {
  const all = choices([event('C', true), event('A', false), event('B', true)], []);
  expect(all.map(({ event }) => event.eventName)).toEqual(['B', 'C', 'A']);
});

test('an event that is taken says by whom', () => {
  expect(blockedBy(event('A', false), [lambda('mine', 'a'), lambda('else', 'b')])).toBe(
    'It can have 1 lambda, and has mine.',
  );
  const two = [lambda('one', 'a'), lambda('two', 'a')];
  expect(blockedBy(event('A', false, 2), two)).toBe(
    'It can have 2 lambdas, and has one and 1 other.',
  );
  expect(blockedBy(event('A', true), two)).toBeUndefined();
});
