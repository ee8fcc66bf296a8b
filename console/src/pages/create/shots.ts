import type { Shot } from '../../../e2e/shots';

export default [{ name: 'create', path: '/lambdas/new', ready: 'h1' }] satisfies Shot[];
