import type { Page } from '@playwright/test';

import type { Shot } from '../../../e2e/shots';

const READY = '.monaco-editor .view-line';

/** The compiler has looked at the code. */
async function checked(page: Page): Promise<void> {
  await page
    .getByText(/It builds|\d+:\d+/)
    .first()
    .waitFor();
}

async function run(page: Page): Promise<void> {
  await checked(page);
  await page.getByRole('button', { name: /Run draft/ }).click();
  await page.getByRole('article', { name: 'Report of the run' }).waitFor();
  await page.mouse.move(0, 0);
}

async function type(page: Page, text: string): Promise<void> {
  await checked(page);
  await page.locator('.view-line').nth(1).click();
  await page.keyboard.press('End');
  await page.keyboard.type(text);
}

export default [
  { name: 'code', path: '/lambdas/http-request', ready: READY, before: checked },
  { name: 'code-run', path: '/lambdas/http-request', ready: READY, before: run },
  {
    name: 'code-mistake',
    path: '/lambdas/hello-world',
    ready: READY,
    before: async (page) => {
      await type(page, '\nconst answer = ;');
      await page.getByRole('button', { name: /^3:\d+/ }).waitFor();
    },
  },
  {
    // What was typed for the picture before is still there, unsaved.
    name: 'code-compare',
    path: '/lambdas/hello-world',
    ready: READY,
    before: async (page) => {
      await page.getByRole('button', { name: 'Compare with what is deployed' }).click();
      await page.locator('.line-insert').first().waitFor();
      await page.mouse.move(0, 0);
    },
  },
  {
    name: 'code-completion',
    path: '/lambdas/hello-world',
    ready: READY,
    before: async (page) => {
      await page.getByRole('button', { name: 'Discard' }).click();
      await type(page, "\nconst { Toolbelt } = require('");
      await page.locator('.suggest-widget').getByText('lp-faas-toolbelt').first().waitFor();
    },
  },
] satisfies Shot[];
