import type { Shot } from '../../../e2e/shots';

export default [
  { name: 'metrics', path: '/lambdas/orders/metrics?span=1h', ready: 'h1' },
] satisfies Shot[];
