import type { Shot } from '../../../e2e/shots';

export default [{ name: 'secrets', path: '/settings/secrets', ready: 'h1' }] satisfies Shot[];
