import type { Shot } from '../../../e2e/shots';

export default [{ name: 'apps', path: '/settings/apps', ready: 'h1' }] satisfies Shot[];
