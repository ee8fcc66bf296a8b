import type { Route } from '$/router/routes';

export default {
  path: '/lambdas/:lambda/metrics',
  title: 'Metrics',
  place: 'lambdas',
  needs: 'ReadMetrics',
  load: () => import('./Metrics.svelte'),
} satisfies Route;
