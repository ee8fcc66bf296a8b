import type { Shot } from '../../../e2e/shots';

export default [
  { name: 'deploy', path: '/lambdas/hello-world/deploy', ready: 'h1' },
] satisfies Shot[];
