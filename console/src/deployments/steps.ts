// How far is a deployment? The platform's four steps, each done, under way, failed or still to come.

import type { Deployment, DeploymentState, Progress } from './types';

export interface Shown {
  label: string;
  status: 'done' | 'now' | 'failed' | 'todo';
  /** Milliseconds since the one before it. */
  tookMs: number | undefined;
}

const ORDER: readonly DeploymentState[] = [
  'Build Start',
  'Build Finish',
  'Deploy Start',
  'Deploy Finish',
];
/** The step that cannot be reached any more. */
const FAILED_AT: Partial<Record<DeploymentState, DeploymentState>> = {
  'Build Error': 'Build Finish',
  'Deploy Error': 'Deploy Finish',
};

/** Whether nothing more will happen. */
export function isOver({ deploymentState }: Pick<Deployment, 'deploymentState'>): boolean {
  return deploymentState === 'Deploy Finish' || deploymentState in FAILED_AT;
}

/** The four steps of a deployment. */
export function shownSteps(deployment: Progress): Shown[] {
  const { deploymentState: state, steps = [] } = deployment;
  const failedAt = FAILED_AT[state];
  const reached = failedAt ? ORDER.indexOf(failedAt) - 1 : ORDER.indexOf(state);
  return ORDER.map((step, index) => ({
    label: step === failedAt ? state : step,
    status: statusOf(index, reached, failedAt !== undefined),
    tookMs: took(steps, step === failedAt ? state : step),
  }));
}

function statusOf(index: number, reached: number, failed: boolean): Shown['status'] {
  if (index <= reached) return 'done';
  if (index > reached + 1) return 'todo';
  return failed ? 'failed' : 'now';
}

function took(steps: NonNullable<Deployment['steps']>, state: DeploymentState): number | undefined {
  const index = steps.findIndex((step) => step.state === state);
  const [here, before] = [steps[index], steps[index - 1]];
  return here && before ? here.at - before.at : undefined;
}
