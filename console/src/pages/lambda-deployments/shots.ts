import type { Shot } from '../../../e2e/shots';

export default [
  { name: 'lambda-deployments', path: '/lambdas/orders/deployments', ready: 'table' },
  {
    name: 'lambda-deployments-compare',
    path: '/lambdas/orders/deployments',
    ready: 'table',
    before: async (page) => {
      await page.getByRole('button', { name: 'Actions for v1' }).click();
      await page.getByRole('menuitem', { name: /^Compare with v/ }).click();
      await page.locator('.monaco-diff-editor .view-line').first().waitFor();
    },
  },
  { name: 'lambda-deployments-failed', path: '/lambdas/returns/deployments', ready: 'table' },
] satisfies Shot[];
