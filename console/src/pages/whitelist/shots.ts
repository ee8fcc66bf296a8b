import type { Shot } from '../../../e2e/shots';

export default [{ name: 'whitelist', path: '/settings/whitelist', ready: 'h1' }] satisfies Shot[];
