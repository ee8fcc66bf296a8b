import { describe, expect, it } from 'vitest';

import { isOver, shownSteps } from './steps';

const statuses = (state: Parameters<typeof shownSteps>[0]['deploymentState']) =>
  shownSteps({ deploymentState: state }).map(({ status }) => status);

describe('the steps of a deployment', () => {
  it('are done one after the other', () => {
    expect(statuses('Build Start')).toEqual(['done', 'now', 'todo', 'todo']);
    expect(statuses('Deploy Start')).toEqual(['done', 'done', 'done', 'now']);
    expect(statuses('Deploy Finish')).toEqual(['done', 'done', 'done', 'done']);
  });

  it('end where it failed, and say so', () => {
    expect(statuses('Build Error')).toEqual(['done', 'failed', 'todo', 'todo']);
    expect(statuses('Deploy Error')).toEqual(['done', 'done', 'done', 'failed']);
    expect(shownSteps({ deploymentState: 'Build Error' })[1]?.label).toBe('Build Error');
  });

  it('take the time since the one before', () => {
    const steps = [
      { state: 'Build Start' as const, at: 1_000 },
      { state: 'Build Finish' as const, at: 1_012 },
      { state: 'Deploy Error' as const, at: 1_020 },
    ];
    const shown = shownSteps({ deploymentState: 'Deploy Error', steps });
    expect(shown.map(({ tookMs }) => tookMs)).toEqual([undefined, 12, undefined, 8]);
  });

  it('are over when it is live or has failed', () => {
    expect(isOver({ deploymentState: 'Deploy Finish' })).toBe(true);
    expect(isOver({ deploymentState: 'Build Error' })).toBe(true);
    expect(isOver({ deploymentState: 'Deploy Start' })).toBe(false);
  });
});
