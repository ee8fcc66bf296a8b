import type { Shot } from '../../../e2e/shots';

export default [
  { name: 'lambda-settings', path: '/lambdas/hello-world/settings', ready: 'h1' },
] satisfies Shot[];
