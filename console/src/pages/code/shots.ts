import type { Shot } from '../../../e2e/shots';

export default [{ name: 'code', path: '/lambdas/hello-world', ready: 'h1' }] satisfies Shot[];
