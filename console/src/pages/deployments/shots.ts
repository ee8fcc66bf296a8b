import type { Shot } from '../../../e2e/shots';

export default [
  { name: 'deployments', path: '/deployments', ready: 'table' },
  {
    name: 'deployments-create',
    path: '/deployments',
    ready: 'table',
    before: async (page) => {
      await page.getByRole('button', { name: 'Create deployment' }).click();
      await page.getByRole('combobox', { name: 'Lambda' }).fill('or');
    },
  },
] satisfies Shot[];
