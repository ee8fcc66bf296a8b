// What did lambdas say? Each filter, the live tail, and what is exported of it.

import { readFile } from 'node:fs/promises';

import type { Page } from '@playwright/test';

import { expect, test } from '../fixtures';
import { reached } from '../keyboard';
import { CHATTY, live } from '../lambdas';
import type { Server } from '../server';

/** Invokes it from outside, by a request that has a name. */
async function asked(server: Server, name: string, order: number, request: string): Promise<void> {
  const path = `/lambdas/${name}/invoke?v=1&externalSystem=stories`;
  const body = { timestamp: 0, headers: [], payload: { order } };
  await server.api('POST', path, body, { 'x-request-id': request }).catch(() => undefined);
}

const entries = (page: Page) => page.getByRole('list', { name: 'Log entries' });
const line = (page: Page, text: string) => entries(page).locator('summary', { hasText: text });

/** The request, the level and the message of each row, as the file has them. */
async function exported(page: Page): Promise<string[]> {
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Export' }).click();
  const csv = await readFile(await (await download).path(), 'utf8');
  const [header, ...rows] = csv.trimEnd().split('\n');
  expect(header).toBe('lambdaUUID;requestID;timestamp;level;message;extras');
  return rows
    .map((row) => row.split(';'))
    .map(([, request, , level, said]) => `${request} ${level} ${said}`);
}

test('logs are narrowed by lambda, time, level, words and request, and exported as they are shown', async ({
  page,
  signIn,
  server,
  accessible,
}) => {
  await live(server, 'filtered', CHATTY);
  await live(server, 'another', CHATTY);
  await asked(server, 'filtered', 7, 'story-7');
  await asked(server, 'filtered', 13, 'story-13');
  await asked(server, 'another', 8, 'story-8');
  await page.goto('/console/logs');
  await signIn();
  await expect(line(page, 'another')).toHaveCount(2);

  await page.getByLabel('Lambda').selectOption('filtered');
  await expect(line(page, 'another')).toHaveCount(0);
  await expect(entries(page).locator('summary')).toHaveCount(6);
  await page.getByLabel('Time').selectOption('the last hour');
  await expect(page).toHaveURL(/lambda=filtered&span=1h/);
  await expect(entries(page).locator('summary')).toHaveCount(6);
  await page.getByLabel('Time').selectOption('the last 7 days');
  await expect(entries(page).locator('summary')).toHaveCount(6);

  await page.getByRole('button', { name: 'Warn', exact: true }).click();
  await page.getByRole('button', { name: 'Error', exact: true }).click();
  // The last one says how it failed.
  await expect(entries(page).locator('summary')).toHaveCount(4);
  expect(await exported(page)).toEqual([
    'story-7 Warn the warehouse is slow',
    'story-13 Warn the warehouse is slow',
    'story-13 Error order 13 does not exist',
    expect.stringMatching(/^story-13 Error .*no such order/),
  ]);

  await page.getByRole('searchbox', { name: 'Words' }).fill('"warehouse is" SLOW');
  await page.keyboard.press('Enter');
  await expect(entries(page).locator('summary')).toHaveCount(2);
  expect(await exported(page)).toHaveLength(2);

  await page.getByRole('textbox', { name: 'Request' }).fill('story-13');
  await page.keyboard.press('Enter');
  await expect(entries(page).locator('summary')).toHaveCount(1);
  expect(await exported(page)).toEqual(['story-13 Warn the warehouse is slow']);
  await accessible();
  // All of it is in the address, and survives a reload.
  await page.reload();
  await expect(entries(page).locator('summary')).toHaveCount(1);
  await expect(page.getByRole('searchbox', { name: 'Words' })).toHaveValue('"warehouse is" SLOW');
});

test('a request is one click from its entries, and its entries have the lambda', async ({
  page,
  signIn,
  server,
}) => {
  await live(server, 'clicked', CHATTY);
  await asked(server, 'clicked', 1, 'click-1');
  await asked(server, 'clicked', 2, 'click-2');
  await page.goto('/console/logs?lambda=clicked');
  await signIn();
  await expect(line(page, 'looking for')).toHaveCount(2);
  await line(page, 'looking for').first().click();
  await expect(entries(page).getByText('"order": 2')).toBeVisible();
  await entries(page).getByRole('button', { name: 'click-2', exact: true }).click();
  await expect(line(page, 'looking for')).toHaveCount(1);
  await expect(page.getByRole('textbox', { name: 'Request' })).toHaveValue('click-2');
  // What was unfolded stays so.
  await entries(page).getByRole('link', { name: 'clicked' }).click();
  await expect(page).toHaveURL(/\/lambdas\/clicked\/logs$/);
});

test('new entries appear by themselves while Live is on, and only those that fit', async ({
  page,
  signIn,
  server,
}) => {
  await live(server, 'tailed', CHATTY);
  await asked(server, 'tailed', 1, 'tail-1');
  await page.goto('/console/lambdas/tailed/logs?level=Error');
  await signIn();
  await expect(page.getByText('Nothing in the last 24 hours fits')).toBeVisible();
  await asked(server, 'tailed', 13, 'tail-2');
  await expect(line(page, 'order 13 does not exist')).toHaveCount(1);
  await expect(line(page, 'looking for')).toHaveCount(0);
  await expect(page.getByText('new ones appear by themselves')).toBeVisible();

  const liveSwitch = page.getByRole('button', { name: 'Live', exact: true });
  await expect(liveSwitch).toHaveAttribute('aria-pressed', 'true');
  await liveSwitch.click();
  await expect(liveSwitch).toHaveAttribute('aria-pressed', 'false');
  await expect(page.getByText('new ones appear by themselves')).toHaveCount(0);
  await asked(server, 'tailed', 13, 'tail-3');
  // What another client finds by now, this page was not told.
  await expect
    .poll(async () => {
      const found = await server.api('GET', '/logs?requestId=tail-3&level=Error');
      return (found as { entries: unknown[] }).entries.length;
    })
    .toBeGreaterThan(0);
  await expect(line(page, 'order 13 does not exist')).toHaveCount(1);
  await liveSwitch.click();
  await expect(line(page, 'order 13 does not exist')).toHaveCount(2);
});

test('the arrows go through the entries, and each says its time in UTC when it has the focus', async ({
  page,
  signIn,
  server,
}) => {
  await live(server, 'told', CHATTY);
  await asked(server, 'told', 1, 'told-1');
  await page.goto('/console/logs?lambda=told');
  await signIn();
  await expect(entries(page).locator('summary')).toHaveCount(2);
  const bubble = page.getByRole('tooltip');
  await entries(page).locator('time').first().hover();
  await expect(bubble).toContainText(/\d\d:\d\d:\d\d UTC$/);
  await page.mouse.move(0, 0);
  await expect(bubble).toBeHidden();

  // One stop of the Tab key for all of them.
  await page.getByRole('button', { name: 'Export' }).focus();
  await page.keyboard.press('Tab');
  const rows = entries(page).locator('summary');
  await expect(rows.first()).toBeFocused();
  await expect(bubble).toContainText(/UTC$/);
  await expect(rows.first()).toHaveAccessibleDescription(/UTC$/);
  await page.keyboard.press('ArrowDown');
  await expect(rows.last()).toBeFocused();
  await expect(bubble).toContainText(/UTC$/);
  await page.keyboard.press('Escape');
  await expect(bubble).toBeHidden();
  await page.keyboard.press('Tab');
  await expect(entries(page).locator('summary:focus')).toHaveCount(0);
});

test('the entries of a run and its deployments say UTC on hover and on focus', async ({
  page,
  signIn,
  server,
  accessible,
}) => {
  await live(server, 'ran', CHATTY);
  await page.goto('/console/lambdas/ran/invoke');
  await signIn();
  await page.getByRole('button', { name: 'Invoke', exact: true }).click();
  const logs = entries(page);
  // One that unfolds, and one that does not.
  await expect(logs.getByRole('listitem')).toHaveCount(2);
  const bubble = page.getByRole('tooltip');
  await logs.locator('time').last().hover();
  await expect(bubble).toContainText(/UTC$/);
  await page.mouse.move(0, 0);
  await expect(bubble).toBeHidden();
  await reached(logs.locator('summary'));
  await page.keyboard.press('ArrowDown');
  await expect(logs.locator('[data-row]')).toBeFocused();
  await expect(bubble).toContainText(/UTC$/);
  await accessible();

  await page.goto('/console/lambdas/ran/deployments');
  const deployment = page.locator('summary', { hasText: 'Live now' });
  await deployment.locator('time').hover();
  await expect(bubble).toContainText(/UTC$/);
  await page.mouse.move(0, 0);
  await expect(bubble).toBeHidden();
  await reached(deployment);
  await expect(bubble).toContainText(/UTC$/);
});
