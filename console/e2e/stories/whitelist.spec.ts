// Would a request get there? Every answer of the tester: by which rule, and to which addresses.

import type { Page } from '@playwright/test';

import { expect, signIn, test } from '../fixtures';
import { reached } from '../keyboard';
import type { Server } from '../server';

async function allow(server: Server, ...rules: string[]): Promise<void> {
  for (const rule of rules) await server.api('PUT', `/whitelist/${encodeURIComponent(rule)}`);
}

async function ask(page: Page, url: string): Promise<void> {
  await page.getByRole('textbox', { name: 'URL' }).fill(url);
  await page.getByRole('button', { name: 'Test', exact: true }).click();
}

test('an allowed URL is told its rule, and each address of its host with what is there', async ({
  page,
  signIn,
  server,
  accessible,
}) => {
  await allow(server, 'https://93.184.216.34', 'http://localhost:8080', '169.254.169.254');
  await page.goto('/console/settings/whitelist');
  await signIn();
  const tester = page.getByRole('region', { name: 'Test a URL' });
  const address = (text: string) => tester.getByRole('listitem').filter({ hasText: text });

  await ask(page, 'https://93.184.216.34/v1');
  await expect(tester.getByText('Allowed', { exact: true })).toBeVisible();
  await expect(tester.getByText('The rule https://93.184.216.34 allows it.')).toBeVisible();
  await expect(tester.getByText('https, 93.184.216.34, port 443')).toBeVisible();
  await expect(address('93.184.216.34')).toContainText('public, may be reached');
  await expect(tester.getByRole('button', { name: /^Allow/ })).toHaveCount(0);
  await accessible();

  await ask(page, 'http://localhost:8080/');
  await expect(address('127.0.0.1')).toContainText('not public');
  await expect(address('127.0.0.1')).toContainText(
    'loopback, which this server lets lambdas reach',
  );

  await ask(page, 'http://169.254.169.254/latest/meta-data');
  await expect(tester.getByText('Refused', { exact: true })).toBeVisible();
  await expect(tester.locator('code', { hasText: '169.254.169.254' }).first()).toBeVisible();
  await expect(address('169.254.169.254')).toContainText('link-local or metadata, out of reach');
  await expect(tester.getByText(/which lambdas may not reach/)).toBeVisible();
});

test('a URL that nothing allows is told so, allowed, and tested again', async ({
  page,
  signIn,
  accessible,
}) => {
  await page.goto('/console/settings/whitelist');
  await signIn();
  const tester = page.getByRole('region', { name: 'Test a URL' });
  // Without a scheme it is https, as in a browser.
  await ask(page, '127.0.0.1:8444/v1');
  await expect(tester.getByText('Refused', { exact: true })).toBeVisible();
  await expect(tester.getByText('none allows it')).toBeVisible();
  await expect(tester.getByText(/^not looked up/)).toBeVisible();
  await accessible();
  // The port is in the rule, without which it would not help.
  await tester.getByRole('button', { name: 'Allow 127.0.0.1:8444' }).click();
  await expect(tester.getByText('Allowed', { exact: true })).toBeVisible();
  await expect(page.getByRole('rowheader', { name: '127.0.0.1:8444' })).toBeVisible();
});

test('a host that does not resolve, and what is no URL, are told so', async ({
  page,
  signIn,
  server,
}) => {
  await allow(server, '*.shop.invalid');
  await page.goto('/console/settings/whitelist');
  await signIn();
  const tester = page.getByRole('region', { name: 'Test a URL' });
  await ask(page, 'https://api.shop.invalid/');
  await expect(tester.locator('dl').getByText('*.shop.invalid', { exact: true })).toBeVisible();
  await expect(tester.locator('dl').getByText('does not resolve')).toBeVisible();
  await ask(page, 'https://a b/');
  await expect(tester.getByText('It could not be tested.')).toBeVisible();
});

test('a developer may test, and is told who may allow', async ({ page, server }) => {
  const ada = { loginName: 'tess', permissions: ['developer'], password: 'correct horse battery' };
  await server.api('POST', '/users', { ...ada, displayName: 'Tess' });
  await signIn(page, ada.loginName, ada.password);
  await page.goto('/console/settings/whitelist');
  await ask(page, 'https://nowhere.example/');
  const button = page.getByRole('button', { name: 'Allow nowhere.example' });
  await expect(button).toHaveAttribute('aria-disabled', 'true');
  await reached(button);
  await expect(page.getByText('This takes FaaS-Admin.')).toBeVisible();
});
