// "Invoke your Function": what goes in, what comes out, what it said, what it took, and what it asked others.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { Page } from '@playwright/test';

import { duration } from '../../src/lib/time';
import { expect, test } from '../fixtures';
import { deployed, drafted, live, pasted } from '../lambdas';

const input = (page: Page) => page.getByRole('textbox', { name: 'Input' });
const output = (page: Page) => page.getByRole('region', { name: 'Output' });

async function invoke(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Invoke', exact: true }).click();
}

test('the input is what the event sends, is checked while it is written, and is gone at a reload', async ({
  page,
  server,
  signIn,
  accessible,
}) => {
  const echo = 'function lambda(input, callback) {\n  callback(null, input.payload);\n}\n';
  await drafted(server, 'echo', echo, { eventId: 'conversational_command' });
  await deployed(server, 'echo');
  await page.goto('/console/lambdas/echo/invoke');
  await signIn();
  await expect(page.getByText('as Conversational Command sends it')).toBeVisible();
  const lines = page.getByRole('region', { name: 'Input' }).locator('.view-lines');
  await expect(lines).toContainText('"conversationId"', { timeout: 30_000 });
  await invoke(page);
  await expect(output(page)).toContainText('conversationId');

  await pasted(page, input(page), '{\n  "headers": [],\n  "payload": nope\n}');
  const wrong = page.getByText('This is not JSON: line 3, column 14: a value should be here');
  await expect(wrong).toBeVisible();
  const button = page.getByRole('button', { name: 'Invoke', exact: true });
  await expect(button).toHaveAttribute('aria-disabled', 'true');
  await accessible();
  await pasted(page, input(page), '{"headers": []}');
  await expect(page.getByText('The input needs a “payload”')).toBeVisible();
  await pasted(page, input(page), '{"payload": "mine"}');
  await expect(page.getByText('edited, gone at the next reload')).toBeVisible();
  await page.reload();
  await expect(lines).toContainText('"conversationId"', { timeout: 30_000 });
});

test('the output is a text, a tree that folds, nothing, or an error whose stack leads to its line', async ({
  page,
  server,
  signIn,
  accessible,
}) => {
  const code = `function lambda(input, callback) {
  const { kind } = input.payload;
  if (kind === 'text') return callback(null, 'line one\\nline two');
  if (kind === 'tree') return callback(null, { order: { id: 7, lines: [1, 2] } });
  if (kind === 'none') return callback();
  fails(kind);
}

function fails(kind) {
  throw new TypeError('no ' + kind);
}
`;
  await live(server, 'kinds', code);
  await page.goto('/console/lambdas/kinds/invoke');
  await signIn();
  const result = output(page).getByRole('region', { name: 'What it called back with' });
  const give = async (kind: string) => {
    await pasted(page, input(page), `{"payload": {"kind": "${kind}"}}`);
    await invoke(page);
  };
  await input(page).waitFor({ state: 'attached', timeout: 30_000 });

  await give('text');
  await expect(result).toHaveText(/line one\s+line two/);
  await give('tree');
  await expect(result).toContainText('lines');
  const order = result.locator('summary', { hasText: /^order/ });
  await expect(result.getByText('id', { exact: true })).toBeVisible();
  await order.click();
  await expect(result.getByText('id', { exact: true })).toBeHidden();
  await give('none');
  await expect(output(page)).toContainText('the lambda called back without a result');

  await give('order');
  await expect(output(page)).toContainText('TypeError: no order');
  await accessible();
  const stack = output(page).getByRole('list', { name: 'Stack' });
  await expect(stack.getByRole('button')).toHaveCount(2);
  await stack.getByRole('button', { name: /:10:/ }).click();
  await expect(page).toHaveURL(/\/lambdas\/kinds\?line=10&column=\d+/);
  await expect(page.getByText(/Ln 10, Col/)).toBeVisible({ timeout: 30_000 });
});

test('its logs have their levels, and what was given with them unfolds', async ({
  page,
  server,
  signIn,
  accessible,
}) => {
  const code = `function lambda(input, callback) {
  console.debug('looking');
  console.info('found', { shelf: 'A7' }, [1, 2]);
  console.warn('slow');
  console.error('gone');
  callback(null, 'ok');
}
`;
  await live(server, 'levels', code);
  await page.goto('/console/lambdas/levels/invoke');
  await signIn();
  await invoke(page);
  const logs = output(page).getByRole('region', { name: 'Logs' });
  await expect(logs.getByRole('listitem')).toHaveText([
    /Debug\s*looking/,
    /Info\s*found\s*\+2 extras/,
    /Warn\s*slow/,
    /Error\s*gone/,
  ]);
  const shelf = logs.getByText('shelf', { exact: true });
  await expect(shelf).toBeHidden();
  await logs.locator('summary', { hasText: 'found' }).click();
  await expect(shelf).toBeVisible();
  await expect(logs).toContainText('shelf: "A7"');
  await accessible();
});

test('what it took is told against its limits, and each request lies where it was in time', async ({
  page,
  server,
  signIn,
  accessible,
}) => {
  const shop = createServer((asked, answer) => {
    const wait = asked.url === '/slow' ? 300 : 100;
    setTimeout(() => answer.end('x'.repeat(2_000)), wait);
  });
  await new Promise<void>((resolve) => shop.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(shop.address() as AddressInfo).port}`;
  const code = `const { Toolbelt } = require('lp-faas-toolbelt');
async function lambda(input, callback) {
  const http = Toolbelt.HTTPClient();
  await http('${url}/slow');
  await Promise.all([http('${url}/one'), http('${url}/two')]);
  await http('https://elsewhere.example/').catch(() => undefined);
  callback(null, 'done');
}
`;
  try {
    await server.api('PUT', `/whitelist/${encodeURIComponent(url)}`);
    await live(server, 'asking', code);
    await page.goto('/console/lambdas/asking/invoke');
    await signIn();
    const answered = page.waitForResponse(/\/lambdas\/[^/]+\/run$/);
    await invoke(page);
    const report = (await (await answered).json()) as { requests: { durationMs: number }[] };
    const took = report.requests[0]?.durationMs ?? 0;
    expect(took).toBeGreaterThanOrEqual(300);
    await expect(output(page).getByText('done')).toBeVisible();
    for (const [name, limit] of [
      ['Time', /of 30/],
      ['Fuel', /of \d/],
      ['Memory', /of \d+.*B/],
      ['Requests', /4 of \d+/],
    ] as const) {
      const meter = output(page).getByRole('meter', { name });
      await expect(meter).toHaveAttribute('aria-valuetext', limit);
    }

    const requests = output(page).getByRole('table', { name: /^Requests/ });
    const bar = async (path: string) => {
      const row = requests.getByRole('row').filter({ hasText: path });
      return (await row.locator('.bar').boundingBox()) ?? { x: 0, width: 0 };
    };
    const [slow, one, two] = [await bar('/slow'), await bar('/one'), await bar('/two')];
    expect(slow.width).toBeGreaterThan(one.width * 1.5);
    expect(one.x).toBeGreaterThanOrEqual(slow.x + slow.width - 2);
    expect(two.x).toBeLessThan(one.x + one.width);
    const first = requests.getByRole('row').filter({ hasText: '/slow' });
    await expect(first).toContainText('200');
    await expect(first).toContainText(`took ${duration(took)}`);
    await expect(first).toContainText('2.00 kB');
    const refused = requests.getByRole('row').filter({ hasText: 'elsewhere.example' });
    await expect(refused).toContainText(/whitelist/i);
    await accessible();
  } finally {
    shop.close();
  }
});
