import type { Shot } from '../../../e2e/shots';

export default [
  { name: 'whitelist', path: '/settings/whitelist', ready: 'h1' },
  {
    name: 'whitelist-tested',
    path: '/settings/whitelist',
    ready: 'h1',
    before: async (page) => {
      // Sends nothing, and looks nothing up: it is an address.
      await page.getByRole('textbox', { name: 'URL' }).fill('https://127.0.0.1:8443/v1/orders');
      await page.getByRole('button', { name: 'Test', exact: true }).click();
      await page.getByText('none allows it').scrollIntoViewIfNeeded();
    },
  },
] satisfies Shot[];
