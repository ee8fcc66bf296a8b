// Who did what to which thing, when, and is the record whole?

import type { Page } from '@playwright/test';

import { expect, test } from '../fixtures';
import type { Server } from '../server';

async function fill(server: Server, from: number, to: number): Promise<void> {
  for (let index = from; index < to; index += 1)
    await server.api('PUT', `/whitelist/host-${index}.example`);
}

const rows = (page: Page) => page.getByRole('table', { name: 'Audit log' }).getByRole('rowheader');

test('the audit log is narrowed by who, what, which thing and when', async ({
  page,
  signIn,
  server,
  accessible,
}) => {
  await fill(server, 0, 3);
  await server.api('PUT', '/secrets/AUDITED', { value: 'nobody sees this' });
  await page.goto('/console/settings/audit');
  await signIn();
  const sentence = (text: string) => rows(page).filter({ hasText: text });
  await expect(sentence('allowed the host host-2.example')).toHaveCount(1);
  await expect(sentence('wrote the secret AUDITED')).toHaveCount(1);

  await page.getByLabel('About').selectOption('secret');
  await expect(sentence('allowed the host')).toHaveCount(0);
  await expect(sentence('wrote the secret AUDITED')).toHaveCount(1);
  await expect(page).toHaveURL(/action=secret/);
  await page.getByLabel('About').selectOption('everything');

  await page.getByLabel('Which thing').fill('host-1.example');
  await page.keyboard.press('Enter');
  await expect(rows(page)).toHaveText([/allowed the host host-1\.example/]);

  await page.getByLabel('Who').fill('nobody like that');
  await page.keyboard.press('Enter');
  await expect(page.getByText('Nothing fits')).toBeVisible();
  await accessible();
  await page.getByRole('button', { name: 'Show everything' }).click();
  await expect(sentence('wrote the secret AUDITED')).toHaveCount(1);

  // Who signed in just now did it in their own name.
  await page.getByLabel('Who').fill('admin');
  await page.keyboard.press('Enter');
  await expect(sentence('admin signed in').first()).toBeVisible();

  const today = new Date().toLocaleDateString('sv', { timeZone: 'Europe/Berlin' });
  await page.getByLabel('From').fill(today);
  await page.getByLabel('Until').fill(today);
  await expect(page).toHaveURL(new RegExp(`from=${today}&to=${today}`));
  await expect(sentence('admin signed in').first()).toBeVisible();
  await page.getByLabel('Until').fill('2020-01-01');
  await expect(page.getByText('The last day is before the first one.')).toBeVisible();
  await page.getByLabel('From').fill('2019-12-31');
  await expect(page.getByText('Nothing fits')).toBeVisible();
});

test('earlier rows come a page at a time', async ({ page, signIn, server }) => {
  await fill(server, 100, 205);
  await page.goto('/console/settings/audit?action=whitelist.add');
  await signIn();
  await expect(rows(page)).toHaveCount(100);
  await expect(rows(page).first()).toHaveText(/host-204\.example/);
  await expect(rows(page).filter({ hasText: 'host-100.example' })).toHaveCount(0);
  await page.getByRole('button', { name: 'Show earlier rows' }).click();
  await expect(rows(page).filter({ hasText: 'host-100.example' })).toHaveCount(1);
  await expect(rows(page).first()).toHaveText(/host-204\.example/);
});

test('the chain is verified, and a row shows the hashes that it hangs by', async ({
  page,
  signIn,
  server,
  accessible,
}) => {
  await fill(server, 300, 302);
  await page.goto('/console/settings/audit');
  await signIn();
  await page.getByRole('button', { name: 'Verify the chain' }).click();
  const chain = page.getByRole('region', { name: 'Chain' });
  await expect(chain.getByText('Whole')).toBeVisible();
  await expect(chain.getByText(/none was changed, removed, added or moved/)).toBeVisible();
  const { entries } = (await server.api('GET', '/audit?limit=1')) as {
    entries: { hash: string; previous: string }[];
  };
  await expect(chain.locator('code')).toHaveText(entries[0]?.hash ?? '');
  await accessible();

  await rows(page).first().getByRole('button').click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByRole('definition').filter({ hasText: entries[0]?.hash })).toBeVisible();
  await expect(
    dialog.getByRole('definition').filter({ hasText: entries[0]?.previous }),
  ).toBeVisible();
  await expect(dialog.getByText(/ UTC$/)).toBeVisible();
  await accessible();
});
