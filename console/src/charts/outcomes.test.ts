import { expect, it } from 'vitest';

import { endedOf, outcomeSeries } from './outcomes';

it('only ways to end that occur are drawn, and success', () => {
  const none = endedOf({});
  expect(outcomeSeries([none]).map(({ label }) => label)).toEqual(['Succeeded']);
  const steps = [endedOf({ SUCCEEDED: 3, TIMEOUT: 1 }), endedOf({ CODING_FAILURE: 2 })];
  expect(outcomeSeries(steps).map(({ label, values }) => [label, values])).toEqual([
    ['Succeeded', [3, 0]],
    ['Failed by their code', [0, 2]],
    ['Out of time', [1, 0]],
  ]);
});
