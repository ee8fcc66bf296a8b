// What needs somebody, and what happened? Each part of the first page.

import { expect, test } from '../fixtures';
import { reached } from '../keyboard';
import { CHATTY, live, tried } from '../lambdas';

/** It does not build: there is no such thing as `parcels`. */
const BROKEN = 'function lambda(input, callback) { callback(null, 1); }\nparcels.sort();\n';

test('what failed to build says why and leads to its deployments, and is gone once it is mended', async ({
  page,
  signIn,
  server,
  accessible,
}) => {
  const implementation = { code: BROKEN, dependencies: [], environmentVariables: [] };
  const lambda = { name: 'returns', description: '', version: -1, implementation };
  await server.api('POST', '/lambdas', lambda);
  await server.api('POST', '/deployments/returns');
  await page.goto('/console/');
  await signIn();
  const attention = page.getByRole('region', { name: 'Needs attention' });
  const item = attention.getByRole('listitem').filter({ hasText: 'returns' });
  await expect(item.getByText('Build error')).toBeVisible({ timeout: 30_000 });
  await expect(item).toContainText('parcels is not defined');
  await reached(item.getByText('Build error'));
  await expect(page.getByRole('tooltip')).toContainText('parcels is not defined');
  await accessible();
  await item.getByRole('link', { name: 'returns' }).click();
  await expect(page).toHaveURL(/\/lambdas\/returns\/deployments$/);

  await live(server, 'returns', CHATTY);
  await page.goto('/console/');
  await expect(page.getByRole('heading', { name: 'Invocations' })).toBeVisible({ timeout: 30_000 });
  await expect(item).toHaveCount(0);
});

test('a lambda that fails now is told apart, with how often, its last word, and its logs', async ({
  page,
  signIn,
  server,
}) => {
  await live(server, 'failing', CHATTY);
  for (const order of [1, 13, 13]) await tried(server, 'failing', { order });
  await page.goto('/console/');
  await signIn();
  const attention = page.getByRole('region', { name: 'Needs attention' });
  const item = attention.getByRole('listitem').filter({ hasText: 'failing' });
  await expect(item.getByText('Fails now')).toBeVisible({ timeout: 30_000 });
  await expect(item).toContainText('2 of 3 failed');
  await expect(item).toContainText('no such order');
  await item.getByRole('link', { name: 'failing' }).click();
  await expect(page).toHaveURL(/\/lambdas\/failing\/logs\?level=Error$/);
  await expect(
    page.getByRole('list', { name: 'Log entries' }).getByRole('listitem').first(),
  ).toContainText('Error');
});

test('activity says who did what and leads there; the quota counts what the account has', async ({
  page,
  signIn,
  server,
}) => {
  await live(server, 'counted', CHATTY);
  await server.api('PUT', '/whitelist/activity.example');
  await server.api('POST', '/schedules', { lambdaUUID: 'counted', cronExpression: '0 6 * * *' });
  await page.goto('/console/');
  await signIn();
  const activity = page.getByRole('region', { name: 'Activity' });
  await expect(activity.getByRole('link', { name: /deployed the lambda counted/ })).toBeVisible({
    timeout: 30_000,
  });
  await expect(activity.getByRole('link', { name: /added a schedule for counted/ })).toBeVisible();
  // The list is read again now and then, and the bubble goes when what is beneath it moves.
  await expect(async () => {
    await reached(activity.locator('time').first());
    await expect(page.getByRole('tooltip')).toContainText(/UTC$/, { timeout: 1_000 });
  }).toPass();
  await activity.getByRole('link', { name: /allowed the host activity\.example/ }).click();
  await expect(page).toHaveURL(/\/settings\/whitelist$/);

  await page.goto('/console/');
  const quota = page.getByRole('region', { name: 'Quota' });
  const { quota: has } = (await server.api('GET', '/overview')) as {
    quota: { lambdas: number; deployed: number; lambdasMax: number; deployedMax: number };
  };
  const meter = (name: string) => quota.getByRole('meter', { name });
  await expect(meter('Lambdas')).toHaveAttribute('aria-valuenow', String(has.lambdas));
  await expect(meter('Lambdas')).toHaveAttribute('aria-valuemax', String(has.lambdasMax));
  await expect(meter('Live')).toHaveAttribute('aria-valuenow', String(has.deployed));
  await expect(meter('Invocations this month')).toBeVisible();
});

test('invocations are drawn over time, with how they ended, in the span that is chosen', async ({
  page,
  signIn,
  server,
}) => {
  await live(server, 'drawn', CHATTY);
  for (const order of [1, 2, 13]) await tried(server, 'drawn', { order });
  await page.goto('/console/?span=1h');
  await signIn();
  const panel = page.getByRole('region', { name: 'Invocations' });
  await expect(panel.getByRole('img', { name: /Invocations of all lambdas/ })).toBeVisible({
    timeout: 30_000,
  });
  await expect(panel.locator('figcaption')).toContainText('Failed by their code');
  await panel.getByText('As a table').click();
  const table = panel.getByRole('region', { name: /as a table$/ });
  const counts = (await table.getByRole('cell').allTextContents()).map(Number);
  expect(counts.reduce((sum, value) => sum + value, 0)).toBeGreaterThanOrEqual(3);
  await panel.getByRole('button', { name: '7 days' }).click();
  await expect(page).toHaveURL(/span=7d/);
  await expect(panel.getByRole('button', { name: '7 days' })).toHaveAttribute(
    'aria-pressed',
    'true',
  );
});
