import type { Shot } from '../../../e2e/shots';

export default [
  { name: 'metrics', path: '/lambdas/hello-world/metrics', ready: 'h1' },
] satisfies Shot[];
