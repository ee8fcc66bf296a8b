import type { Shot } from '../../../e2e/shots';

export default [
  {
    name: 'invoke-before',
    path: '/lambdas/hello-world/invoke',
    ready: '.monaco-editor .view-line',
  },
  {
    name: 'invoke',
    path: '/lambdas/stock/invoke',
    ready: '.monaco-editor .view-line',
    before: async (page) => {
      await page.getByRole('button', { name: 'Invoke', exact: true }).click();
      await page.getByRole('article', { name: 'Report of the run' }).waitFor();
    },
  },
  {
    name: 'invoke-threw',
    path: '/lambdas/http-not-whitelisted/invoke',
    ready: '.monaco-editor .view-line',
    before: async (page) => {
      await page.getByRole('button', { name: 'Invoke', exact: true }).click();
      await page.getByRole('article', { name: 'Report of the run' }).waitFor();
    },
  },
  { name: 'invoke-draft', path: '/lambdas/returns/invoke', ready: 'main h2' },
] satisfies Shot[];
