import type { Shot } from '../../../e2e/shots';

export default [{ name: 'audit', path: '/settings/audit', ready: 'h1' }] satisfies Shot[];
