// What administrators hold: the whitelist, secrets, apps, users, and the record of it all.

import { ACCOUNT, expect, signIn, test } from '../fixtures';

test('a host is allowed, tested and removed, and the removal is taken back', async ({
  page,
  signIn,
  accessible,
}) => {
  await page.goto('/console/settings/whitelist');
  await signIn();
  await page.getByRole('button', { name: 'Allow a host' }).first().click();
  await page.getByRole('textbox', { name: 'Host' }).fill('api..example');
  await expect(page.getByText('A host name has letters')).toBeVisible();
  await page.getByRole('textbox', { name: 'Host' }).fill('https://127.0.0.1:8443');
  await page.getByRole('button', { name: 'Allow', exact: true }).click();
  const row = page.getByRole('row', { name: 'https://127.0.0.1:8443' });
  await expect(row).toBeVisible();

  await page.getByRole('textbox', { name: 'URL' }).fill('https://127.0.0.1:8443/v1');
  await page.getByRole('button', { name: 'Test', exact: true }).click();
  await expect(page.getByText('Allowed', { exact: true })).toBeVisible();
  await page.getByRole('textbox', { name: 'URL' }).fill('http://127.0.0.1:8443/v1');
  await page.getByRole('button', { name: 'Test', exact: true }).click();
  await expect(page.getByText('Refused', { exact: true })).toBeVisible();
  await accessible();

  await row.getByRole('button', { name: 'Remove' }).click();
  await expect(row).toBeHidden();
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(row).toBeVisible();
});

test('a secret is written, never shown, and shown to an administrator on record', async ({
  page,
  signIn,
  accessible,
}) => {
  await page.goto('/console/settings/secrets');
  await signIn();
  await page.getByRole('button', { name: 'Add a secret' }).first().click();
  await page.getByRole('textbox', { name: 'Key' }).fill('SHOP_TOKEN');
  await page.getByRole('textbox', { name: 'Value' }).fill('a very secret thing');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('rowheader', { name: 'SHOP_TOKEN' })).toBeVisible();
  await expect(page.getByText('a very secret thing')).toHaveCount(0);
  await accessible();

  await page.getByRole('button', { name: 'Actions for SHOP_TOKEN' }).click();
  await page.getByRole('menuitem', { name: 'Show the value' }).click();
  await expect(page.getByText('a very secret thing')).toHaveCount(0);
  await page.getByRole('button', { name: 'Show the value' }).click();
  await expect(page.getByText('a very secret thing')).toBeVisible();
  await page.getByRole('button', { name: 'Close' }).last().click();

  await page.goto('/console/settings/audit?action=secret');
  await expect(page.getByText('read the value of the secret SHOP_TOKEN')).toBeVisible();
  await expect(page.getByText('wrote the secret SHOP_TOKEN')).toBeVisible();
  await accessible();

  await page.goto('/console/settings/secrets');
  await page.getByRole('button', { name: 'Actions for SHOP_TOKEN' }).click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  await expect(page.getByRole('rowheader', { name: 'SHOP_TOKEN' })).toHaveCount(0);
});

test('an app is installed, its secret works and is shown once', async ({
  page,
  signIn,
  server,
  accessible,
}) => {
  await page.goto('/console/settings/apps');
  await signIn();
  await page.getByRole('button', { name: 'Install an app' }).first().click();
  await page.getByLabel('Name').fill('Web shop');
  await page.getByRole('button', { name: 'Install', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'Web shop is installed' });
  await expect(dialog.locator('code')).toHaveCount(2);
  const [id, secret] = await dialog.locator('code').allTextContents();
  await accessible();
  await dialog.getByRole('button', { name: 'Done' }).click();
  await expect(page.getByText(secret ?? 'none')).toHaveCount(0);

  const token = await fetch(`${server.url}/sentinel/api/account/${ACCOUNT}/app/token?v=2.0`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: id ?? '',
      client_secret: secret ?? '',
    }),
  });
  expect(token.status).toBe(200);

  const actions = page.getByRole('button', { name: 'Actions for Web shop' });
  await actions.click();
  await page.getByRole('menuitem', { name: 'Edit' }).click();
  const edit = page.getByRole('dialog', { name: 'Edit Web shop' });
  await edit.getByLabel('Description').fill('Sells things.');
  await accessible();
  await edit.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('Sells things.')).toBeVisible();

  await actions.click();
  await page.getByRole('menuitem', { name: 'Remove' }).click();
  await page.getByRole('button', { name: 'Remove', exact: true }).click();
  await expect(page.getByRole('rowheader', { name: 'Web shop' })).toHaveCount(0);
});

test('a developer is added and sees what the permissions open, an administrator who is nothing else may not write', async ({
  page,
  browser,
  signIn: enter,
  server,
  accessible,
}) => {
  await page.goto('/console/settings/users');
  await enter();
  await page.getByRole('button', { name: 'Add a user' }).click();
  await page.getByLabel('Login name').fill('ada');
  await page.getByLabel('First password').fill('too short');
  await expect(page.getByText('At least 12 characters: 3 more.')).toBeVisible();
  await page.getByLabel('First password').fill('correct horse battery');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(page.getByRole('rowheader', { name: 'ada' })).toBeVisible();
  await accessible();

  const other = await browser.newContext({ baseURL: server.url });
  const theirs = await other.newPage();
  await signIn(theirs, 'ada', 'correct horse battery');
  await theirs.goto('/console/settings/whitelist');
  const allow = theirs.getByRole('button', { name: 'Allow a host' }).first();
  await expect(allow).toHaveAttribute('aria-disabled', 'true');
  await allow.focus();
  await expect(theirs.getByText('This takes FaaS-Admin.')).toBeVisible();
  await theirs.goto('/console/settings/users');
  await expect(theirs.getByText(/takes FaaS-Admin/).first()).toBeVisible();

  await page.getByRole('button', { name: 'Actions for ada' }).click();
  await page.getByRole('menuitem', { name: 'Edit' }).click();
  await page.getByRole('checkbox', { name: /FaaS-Developer/ }).uncheck();
  await page.getByRole('checkbox', { name: /FaaS-Admin/ }).check();
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(
    page.getByRole('row', { name: /ada/ }).getByText('FaaS-Admin').first(),
  ).toBeAttached();
  await theirs.goto('/console/lambdas');
  const create = theirs.getByRole('button', { name: 'Create lambda' }).first();
  await expect(create).toHaveAttribute('aria-disabled', 'true');
  await other.close();

  await page.getByRole('button', { name: 'Actions for ada' }).click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  await expect(page.getByRole('rowheader', { name: 'ada' })).toHaveCount(0);
});
