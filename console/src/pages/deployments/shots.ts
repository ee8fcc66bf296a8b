import type { Shot } from '../../../e2e/shots';

export default [{ name: 'deployments', path: '/deployments', ready: 'h1' }] satisfies Shot[];
