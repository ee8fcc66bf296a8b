import type { Shot } from '../../../e2e/shots';

export default [
  { name: 'lambdas', path: '/lambdas', ready: 'table' },
  {
    name: 'lambdas-menu',
    path: '/lambdas',
    ready: 'table',
    before: async (page) => {
      await page
        .getByRole('button', { name: /^Actions for/ })
        .nth(2)
        .click();
    },
  },
] satisfies Shot[];
