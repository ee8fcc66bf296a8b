import type { Shot } from '../../../e2e/shots';

export default [
  { name: 'invoke', path: '/lambdas/hello-world/invoke', ready: 'h1' },
] satisfies Shot[];
