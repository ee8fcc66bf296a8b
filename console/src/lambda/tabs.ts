// Which parts do the place of the lambdas, and one lambda, have?

import type { TabLink } from '$/ui';

/** Develop and Deploy: the two tabs of the seed. */
export const LAMBDAS_TABS: readonly TabLink[] = [
  { label: 'Develop', path: '/lambdas' },
  { label: 'Deploy', path: '/deployments' },
];

/** The tabs of a lambda. */
export function lambdaTabs(name: string): TabLink[] {
  const base = `/lambdas/${encodeURIComponent(name)}`;
  return [
    { label: 'Code', path: base },
    { label: 'Deployments', path: `${base}/deployments` },
    { label: 'Invoke', path: `${base}/invoke` },
    { label: 'Logs', path: `${base}/logs` },
    { label: 'Metrics', path: `${base}/metrics` },
    { label: 'Settings', path: `${base}/settings` },
  ];
}
