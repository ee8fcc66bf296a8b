import type { Shot } from '../../../e2e/shots';

export default [
  {
    name: 'lambda-settings',
    path: '/lambdas/hello-world/settings',
    ready: 'main button:has-text("Duplicate")',
  },
] satisfies Shot[];
