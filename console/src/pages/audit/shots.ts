import type { Shot } from '../../../e2e/shots';

export default [
  { name: 'audit', path: '/settings/audit', ready: 'h1' },
  {
    name: 'audit-verified',
    path: '/settings/audit',
    ready: 'h1',
    before: async (page) => {
      await page.getByRole('button', { name: 'Verify the chain' }).click();
      await page.getByText('Whole', { exact: true }).waitFor();
    },
  },
] satisfies Shot[];
