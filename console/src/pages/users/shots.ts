import type { Shot } from '../../../e2e/shots';

export default [{ name: 'users', path: '/settings/users', ready: 'h1' }] satisfies Shot[];
