import type { Shot } from '../../../e2e/shots';

export default [
  { name: 'schedules', path: '/schedules', ready: 'h1' },
  {
    name: 'schedules-edit',
    path: '/schedules',
    ready: 'h1',
    before: async (page) => {
      await page.getByRole('button', { name: 'Add a schedule' }).first().click();
      await page.getByText('At 06:00').first().waitFor();
    },
  },
] satisfies Shot[];
