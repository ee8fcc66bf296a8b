// What do the platform's states mean to the eye? One tone and one word each, the same everywhere.

import type { DeploymentState, LambdaState } from '$/api/types';
import type { Tone } from '$/ui';

export interface Shown {
  tone: Tone;
  label: string;
  /** What it means, for a bubble. */
  detail: string;
}

const LAMBDA: Readonly<Record<LambdaState, Shown>> = {
  Draft: {
    tone: 'draft',
    label: 'Draft',
    detail: 'Saved, and not deployed: nothing can invoke it.',
  },
  Productive: { tone: 'live', label: 'Productive', detail: 'What was saved last is live.' },
  Modified: {
    tone: 'changed',
    label: 'Modified',
    detail: 'Live, and changed since: deploy it to make the change live.',
  },
  'Marked Undeployed': {
    tone: 'building',
    label: 'Undeploying',
    detail: 'It is being taken down.',
  },
  'Build Error': {
    tone: 'failed',
    label: 'Build error',
    detail: 'The last build failed: its cause is at the deployment.',
  },
  'Deploy Error': {
    tone: 'failed',
    label: 'Deploy error',
    detail: 'The last deployment failed: its cause is there. Some pass when it is tried again.',
  },
};

const DEPLOYMENT: Readonly<Record<DeploymentState, Shown>> = {
  'Build Start': { tone: 'building', label: 'Building', detail: 'The source is being built.' },
  'Build Finish': { tone: 'building', label: 'Built', detail: 'The artifact is built and kept.' },
  'Deploy Start': { tone: 'building', label: 'Deploying', detail: 'The artifact is being loaded.' },
  'Deploy Finish': { tone: 'live', label: 'Deployment successful', detail: 'It is live.' },
  'Build Error': { tone: 'failed', label: 'Build error', detail: 'The source could not be built.' },
  'Deploy Error': {
    tone: 'failed',
    label: 'Deploy error',
    detail: 'The artifact could not be made live. Try again.',
  },
};

/** How the state of a lambda is shown; a state of a newer server as it is. */
export function lambdaState(state: string): Shown {
  return LAMBDA[state as LambdaState] ?? { tone: 'draft', label: state, detail: state };
}

/** How the state of a deployment is shown. */
export function deploymentState(state: string): Shown {
  return DEPLOYMENT[state as DeploymentState] ?? { tone: 'building', label: state, detail: state };
}

/** A group of the list of lambdas. */
export interface Group<T> {
  title: string;
  /** One line on what these have in common. */
  note: string;
  lambdas: T[];
}

const GROUPS: readonly { title: string; note: string; states: readonly string[] }[] = [
  {
    title: 'Failed',
    note: 'The last build or deployment went wrong',
    states: ['Build Error', 'Deploy Error'],
  },
  { title: 'Modified', note: 'Live, with changes that are not', states: ['Modified'] },
  { title: 'Productive', note: 'Live as saved', states: ['Productive'] },
  { title: 'Undeploying', note: 'About to be a draft', states: ['Marked Undeployed'] },
  { title: 'Draft', note: 'Not deployed', states: ['Draft'] },
];

/** Lambdas by state, what needs somebody first; by name within a group; empty groups left out. */
export function grouped<T extends { name: string; state: string }>(all: readonly T[]): Group<T>[] {
  const sorted = [...all].sort((a, b) => a.name.localeCompare(b.name));
  const known = GROUPS.map(({ title, note, states }) => ({
    title,
    note,
    lambdas: sorted.filter(({ state }) => states.includes(state)),
  }));
  const named = GROUPS.flatMap(({ states }) => states);
  const rest = sorted.filter(({ state }) => !named.includes(state));
  const other = {
    title: 'Other',
    note: 'In a state that this console does not know',
    lambdas: rest,
  };
  return [...known, other].filter((group) => group.lambdas.length > 0);
}
