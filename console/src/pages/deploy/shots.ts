import type { Shot } from '../../../e2e/shots';

export default [
  { name: 'deploy', path: '/lambdas/stock/deploy', ready: 'main pre' },
  {
    name: 'deploy-failed',
    path: '/lambdas/returns/deploy',
    ready: 'main pre',
    before: async (page) => {
      await page.getByRole('button', { name: 'Approve & Deploy' }).click();
      await page.getByRole('alert').filter({ hasText: 'could not be built' }).waitFor();
    },
  },
  {
    name: 'deploy-done',
    path: '/lambdas/hello-world/deploy',
    ready: 'main pre',
    before: async (page) => {
      await page.getByRole('button', { name: 'Approve & Deploy' }).click();
      await page.getByRole('link', { name: 'Invoke it' }).waitFor();
    },
  },
] satisfies Shot[];
