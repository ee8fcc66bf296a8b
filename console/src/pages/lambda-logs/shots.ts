import type { Shot } from '../../../e2e/shots';

export default [
  { name: 'lambda-logs', path: '/lambdas/hello-world/logs', ready: 'h1' },
] satisfies Shot[];
