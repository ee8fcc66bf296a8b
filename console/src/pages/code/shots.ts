import type { Page } from '@playwright/test';

import type { Shot } from '../../../e2e/shots';

const READY = '.monaco-editor .view-line';

/** Sends requests that are answered on this very machine. */
const CODE = `const { Toolbelt } = require('lp-faas-toolbelt');
const { DateTime } = require('luxon');

// Tells an agent where an order is: /order 4711
async function lambda(input, callback) {
  const [order] = input.payload.arguments;
  const http = Toolbelt.HTTPClient().defaults({ baseUrl: process.env.API_URL, simple: false });
  console.info(\`Looking for \${order}\`, { conversation: input.payload.conversationId });

  const [catalog] = await Promise.all([http('/openapi.json'), http('/console/')]);
  const status = await http({ uri: \`/orders/\${order}\`, resolveWithFullResponse: true });
  if (status.statusCode === 404) {
    console.warn('The order is not known', { order, searched: ['open', 'shipped'] });
  }

  callback(null, {
    order,
    found: status.statusCode === 200,
    catalog: \`\${Math.round(catalog.length / 1000)} kB\`,
    asked: DateTime.utc().toISODate(),
  });
}
`;

/** Makes the lambda of the pictures once, and opens it. */
async function orders(page: Page): Promise<void> {
  await page.evaluate(async (code) => {
    const kept = JSON.parse(sessionStorage.getItem('sandglass.session') ?? '{}') as {
      access: string;
      account: string;
    };
    const ask = (method: string, path: string, body?: object) =>
      fetch(`/api/account/${kept.account}${path}`, {
        method,
        headers: { authorization: `Bearer ${kept.access}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    const known = await ask('GET', '/lambdas?name=order-status');
    if ((await known.text()).includes('order-status')) return;
    await ask('PUT', `/whitelist/${encodeURIComponent(location.origin)}`);
    await ask('POST', '/lambdas', {
      name: 'order-status',
      version: -1,
      description: 'Tells an agent where an order is.',
      eventId: 'conversational_command',
      implementation: {
        code,
        environmentVariables: [{ key: 'API_URL', value: location.origin }],
      },
    });
  }, CODE);
  await page.goto('/console/lambdas/order-status');
  await page.locator(READY).first().waitFor();
  await checked(page);
}

/** The compiler has looked at the code. */
async function checked(page: Page): Promise<void> {
  await page
    .getByText(/^(It builds|\d+:\d+)$/)
    .first()
    .waitFor();
}

async function run(page: Page): Promise<void> {
  await orders(page);
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

const hello = { path: '/lambdas/hello-world', ready: READY };

export default [
  { name: 'code', path: '/lambdas', ready: 'h1', before: orders },
  { name: 'code-run', path: '/lambdas', ready: 'h1', before: run },
  {
    name: 'code-run-requests',
    path: '/lambdas',
    ready: 'h1',
    before: async (page) => {
      await run(page);
      await page.getByRole('region', { name: 'Requests' }).scrollIntoViewIfNeeded();
    },
  },
  {
    name: 'code-payload',
    path: '/lambdas',
    ready: 'h1',
    before: async (page) => {
      await orders(page);
      const show = page.getByRole('button', { name: 'Show the sidebar' });
      if ((await show.count()) > 0) await show.click();
      await page.getByRole('tab', { name: 'Payload' }).click();
    },
  },
  {
    name: 'code-mistake',
    ...hello,
    before: async (page) => {
      await type(page, '\nconst answer = ;');
      await page.getByRole('button', { name: /^3:\d+/ }).waitFor();
    },
  },
  {
    // What was typed for the picture before is still there, unsaved.
    name: 'code-compare',
    ...hello,
    before: async (page) => {
      await page.getByRole('button', { name: 'Compare with what is deployed' }).click();
      await page.locator('.line-insert').first().waitFor();
      await page.mouse.move(0, 0);
    },
  },
  {
    name: 'code-completion',
    ...hello,
    before: async (page) => {
      await page.getByRole('button', { name: 'Discard' }).click();
      await type(page, "\nconst { Toolbelt } = require('");
      await page.locator('.suggest-widget').getByText('lp-faas-toolbelt').first().waitFor();
    },
  },
] satisfies Shot[];
