import type { Shot } from '../../../e2e/shots';

export default [
  { name: 'logs', path: '/logs?live=off', ready: 'h1' },
  {
    name: 'logs-unfolded',
    path: '/logs?live=off',
    ready: 'ol details',
    before: async (page) => page.locator('summary', { hasText: 'looking' }).first().click(),
  },
] satisfies Shot[];
