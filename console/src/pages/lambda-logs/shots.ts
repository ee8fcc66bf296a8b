import type { Shot } from '../../../e2e/shots';

export default [
  { name: 'lambda-logs', path: '/lambdas/orders/logs?live=off', ready: 'h1' },
] satisfies Shot[];
