import { expect, it } from 'vitest';

import { deploymentState, grouped, lambdaState } from './states';

const named = (name: string, state: string) => ({ name, state });

it('groups by state, what needs somebody first, each by name', () => {
  const groups = grouped([
    named('b', 'Productive'),
    named('d', 'Draft'),
    named('a', 'Productive'),
    named('c', 'Deploy Error'),
    named('e', 'Marked Undeployed'),
    named('f', 'Build Error'),
    named('g', 'Modified'),
  ]);
  expect(groups.map(({ title, lambdas }) => [title, lambdas.map(({ name }) => name)])).toEqual([
    ['Failed', ['c', 'f']],
    ['Modified', ['g']],
    ['Productive', ['a', 'b']],
    ['Undeploying', ['e']],
    ['Draft', ['d']],
  ]);
});

it('loses no lambda whose state it does not know', () => {
  expect(grouped([named('a', 'Hibernating')])[0]?.title).toBe('Other');
  expect(lambdaState('Hibernating').label).toBe('Hibernating');
});

it('uses the word that allows to invoke', () => {
  expect(deploymentState('Deploy Finish')).toMatchObject({
    tone: 'live',
    label: 'Deployment successful',
  });
});
