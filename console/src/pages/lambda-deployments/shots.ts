import type { Shot } from '../../../e2e/shots';

export default [
  { name: 'lambda-deployments', path: '/lambdas/hello-world/deployments', ready: 'h1' },
] satisfies Shot[];
