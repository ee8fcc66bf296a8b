import type { Shot } from '../../../e2e/shots';

export default [{ name: 'logs', path: '/logs', ready: 'h1' }] satisfies Shot[];
