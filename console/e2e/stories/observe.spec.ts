// How lambdas are watched: logs, metrics, home; and how the clock invokes them.

import { readFile } from 'node:fs/promises';

import { expect, test } from '../fixtures';
import { CHATTY, live, tried } from '../lambdas';

test('logs are searched, watched while they are written, unfolded and exported', async ({
  page,
  signIn,
  server,
  accessible,
}) => {
  await live(server, 'chatty', CHATTY);
  await tried(server, 'chatty', { order: 7 });
  await page.goto('/console/logs?lambda=chatty');
  await signIn();
  const entries = page.getByRole('list', { name: 'Log entries' });
  const line = (text: string) => entries.locator('summary', { hasText: text });
  await expect(line('looking for')).toHaveCount(1);

  await tried(server, 'chatty', { order: 13 });
  await expect(line('order 13 does not exist')).toBeVisible();
  await expect(line('looking for')).toHaveCount(2);
  await line('looking for').first().click();
  await expect(entries.getByText('"order": 13')).toBeVisible();
  await accessible();

  await page.getByRole('button', { name: 'Error', exact: true }).click();
  await expect(line('looking for')).toHaveCount(0);
  await expect(line('order 13 does not exist')).toBeVisible();
  await page.getByRole('searchbox', { name: 'Words' }).fill('nothing like that');
  await page.keyboard.press('Enter');
  await expect(page.getByText('Nothing in the last 24 hours fits')).toBeVisible();
  await page.getByRole('button', { name: 'Show everything' }).click();
  await expect(line('the warehouse is slow')).toHaveCount(2);

  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Export' }).click();
  const csv = await readFile(await (await download).path(), 'utf8');
  expect(csv.split('\n')[0]).toBe('lambdaUUID;requestID;timestamp;level;message;extras');
  expect(csv).toContain('order 13 does not exist');
});

test('home says which lambda fails, and metrics how it ran', async ({
  page,
  signIn,
  server,
  accessible,
}) => {
  await live(server, 'orders', CHATTY);
  for (const order of [1, 2, 13]) await tried(server, 'orders', { order });
  await page.goto('/console/');
  await signIn();
  const item = page.getByRole('listitem').filter({ hasText: /orders.*1 of 3 failed/ });
  await expect(item).toBeVisible({ timeout: 30_000 });
  await expect(page.getByText(/deployed the lambda orders/)).toBeVisible();
  await expect(page.getByRole('meter', { name: 'Lambdas' })).toBeVisible();
  await accessible();

  await page.goto('/console/lambdas/orders/metrics');
  await expect(page.getByRole('img', { name: /Invocations of orders/ })).toBeVisible();
  await page.getByText('As a table').first().click();
  const table = page.getByRole('region', {
    name: 'Invocations of orders by how they ended, as a table',
  });
  await expect(table.getByRole('cell')).toHaveText(['2', '1']);
  await accessible();
  await page.getByRole('button', { name: '30 days' }).click();
  await expect(page).toHaveURL(/span=30d/);
});

test('a schedule is told in words, with its next runs, paused and deleted', async ({
  page,
  signIn,
  server,
  accessible,
}) => {
  await live(server, 'nightly', CHATTY);
  await page.goto('/console/schedules');
  await signIn();
  await page.getByRole('button', { name: 'Add a schedule' }).first().click();
  await page.getByLabel('Lambda').selectOption({ label: 'nightly' });
  await page.getByRole('textbox', { name: 'When' }).fill('61 * * * *');
  const when = page.getByRole('textbox', { name: 'When' });
  await expect(when).toHaveAttribute('aria-invalid', 'true');
  await page.getByRole('textbox', { name: 'When' }).fill('30 2 * * *');
  await page.getByLabel('Time zone').selectOption('Europe/Berlin');
  await expect(page.getByRole('list', { name: 'The next runs' }).getByRole('listitem')).toHaveCount(
    5,
  );
  await accessible();
  await page.getByRole('button', { name: 'Save' }).click();
  const row = page.getByRole('row', { name: /nightly/ });
  await expect(row.getByText('At 02:30')).toBeVisible();
  await expect(row.getByText('Active')).toBeVisible();

  await row.getByRole('button', { name: 'Actions' }).click();
  await page.getByRole('menuitem', { name: 'Pause' }).click();
  await expect(row.getByText('Paused')).toBeVisible();
  await row.getByRole('button', { name: 'Actions' }).click();
  await page.getByRole('menuitem', { name: 'Runs' }).click();
  await expect(page.getByText('It has not run yet.')).toBeVisible();
  await page.keyboard.press('Escape');
  await accessible();
  await row.getByRole('button', { name: 'Actions' }).click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  await expect(row).toHaveCount(0);
});
