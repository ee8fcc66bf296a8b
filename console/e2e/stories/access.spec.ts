// Who knows which secret, which system may come in, and which person? What administrators hold, clause by clause.

import { ACCOUNT, expect, signIn, test } from '../fixtures';
import { reached } from '../keyboard';
import type { Server } from '../server';

const PASSWORD = 'correct horse battery';

async function added(server: Server, name: string, permissions: string[]): Promise<void> {
  const user = { loginName: name, displayName: name, permissions, password: PASSWORD };
  await server.api('POST', '/users', user);
}

test('a secret is write-only, and only an administrator looks at it, on record', async ({
  page,
  browser,
  signIn: enter,
  server,
}) => {
  await server.api('PUT', '/secrets/WRITE_ONLY', { value: 'first-value-1' });
  await page.goto('/console/settings/secrets');
  await enter();
  const row = page.getByRole('row', { name: /WRITE_ONLY/ });
  await expect(row.getByRole('cell', { name: 'not shown' })).toBeVisible();
  const actions = page.getByRole('button', { name: 'Actions for WRITE_ONLY' });
  await actions.click();
  await page.getByRole('menuitem', { name: 'Replace the value' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByRole('textbox', { name: 'Value' })).toHaveValue('');
  await dialog.getByRole('textbox', { name: 'Value' }).fill('second-value-2');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByText(/value-[12]/)).toHaveCount(0);

  await actions.click();
  await page.getByRole('menuitem', { name: 'Show the value' }).click();
  await expect(page.getByText('The audit log will say that you looked')).toBeVisible();
  await page.getByRole('button', { name: 'Show the value' }).click();
  await expect(page.getByText('second-value-2')).toBeVisible();
  await page.getByRole('button', { name: 'Close' }).last().click();
  // It is forgotten with the dialog, and asked for anew.
  await actions.click();
  await page.getByRole('menuitem', { name: 'Show the value' }).click();
  await expect(page.getByText('second-value-2')).toHaveCount(0);
  await page.getByRole('button', { name: 'Cancel' }).click();

  await page.goto('/console/settings/audit?target=WRITE_ONLY');
  const log = page.getByRole('table', { name: 'Audit log' }).getByRole('rowheader');
  await expect(log.filter({ hasText: 'admin read the value of the secret' })).toHaveCount(1);
  await expect(log.filter({ hasText: 'wrote the secret' })).toHaveCount(2);
  await log.filter({ hasText: 'read the value' }).getByRole('button').click();
  await expect(page.getByRole('dialog')).toContainText('secret.read');
  await expect(page.getByRole('dialog')).not.toContainText('value-2');

  await added(server, 'dora', ['developer']);
  const other = await browser.newContext({ baseURL: server.url });
  const theirs = await other.newPage();
  await signIn(theirs, 'dora', PASSWORD);
  await theirs.goto('/console/settings/secrets');
  await theirs.getByRole('button', { name: 'Actions for WRITE_ONLY' }).click();
  for (const name of ['Replace the value', 'Show the value', 'Delete']) {
    const item = theirs.getByRole('menuitem', { name });
    await expect(item).toHaveAttribute('aria-disabled', 'true');
  }
  await reached(theirs.getByRole('menuitem', { name: 'Show the value' }), 'ArrowDown');
  await expect(theirs.getByText(/This takes FaaS-Admin/).first()).toBeVisible();
  await theirs.goto('/console/settings/audit');
  await expect(theirs.getByText(/takes FaaS-Admin/).first()).toBeVisible();
  await other.close();
});

test('an app gets another secret, the old one opens nothing, and removed it opens nothing at all', async ({
  page,
  signIn: enter,
  server,
  accessible,
}) => {
  const token = async (id: string, secret: string) => {
    const form = { grant_type: 'client_credentials', client_id: id, client_secret: secret };
    const url = `${server.url}/sentinel/api/account/${ACCOUNT}/app/token?v=2.0`;
    return (await fetch(url, { method: 'POST', body: new URLSearchParams(form) })).status;
  };
  await page.goto('/console/settings/apps');
  await enter();
  await page.getByRole('button', { name: 'Install an app' }).first().click();
  const form = page.getByRole('dialog', { name: 'Install an app' });
  await expect(form.getByRole('button', { name: 'Install' })).toHaveAttribute(
    'aria-disabled',
    'true',
  );
  await form.getByLabel('Name').fill('Rotated');
  await form.getByRole('button', { name: 'Install' }).click();
  const shown = page.getByRole('dialog', { name: /^Rotated/ });
  await expect(shown.locator('code')).toHaveCount(2);
  const [id = '', first = ''] = await shown.locator('code').allTextContents();
  expect(await token(id, first)).toBe(200);
  await shown.getByRole('button', { name: 'Done' }).click();

  const actions = page.getByRole('button', { name: 'Actions for Rotated' });
  await actions.click();
  await page.getByRole('menuitem', { name: 'Make another secret' }).click();
  await expect(page.getByText('opens nothing from this moment on')).toBeVisible();
  await page.getByRole('button', { name: 'Make another secret' }).click();
  await expect(page.getByRole('dialog', { name: 'Rotated has another secret' })).toBeVisible();
  await expect(shown.locator('code')).toHaveCount(2);
  const [same, second = ''] = await shown.locator('code').allTextContents();
  expect(same).toBe(id);
  expect(second).not.toBe(first);
  await accessible();
  expect(await token(id, first)).toBe(401);
  expect(await token(id, second)).toBe(200);
  await shown.getByRole('button', { name: 'Done' }).click();
  await expect(page.getByText(second)).toHaveCount(0);

  await actions.click();
  await page.getByRole('menuitem', { name: 'Remove' }).click();
  await expect(page.getByText('All its tokens end at once.')).toBeVisible();
  await page.getByRole('button', { name: 'Remove', exact: true }).click();
  await expect(page.getByRole('rowheader', { name: 'Rotated' })).toHaveCount(0);
  expect(await token(id, second)).toBe(401);
  await page.goto('/console/settings/audit?target=Rotated');
  for (const done of ['installed the app', 'gave another secret to the app', 'removed the app'])
    await expect(page.getByRole('rowheader').filter({ hasText: done })).toHaveCount(1);
});

test('who is signed out everywhere or disabled is out at once, and comes back when enabled', async ({
  page,
  browser,
  signIn: enter,
  server,
}) => {
  test.setTimeout(120_000);
  await page.goto('/console/settings/users');
  await enter();
  await page.getByRole('button', { name: 'Add a user' }).click();
  await page.getByLabel('Login name').fill('udo');
  await page.getByLabel('First password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  const row = page.getByRole('row', { name: /udo/ });
  await expect(row.getByText('Enabled')).toBeVisible();
  await expect(row).toContainText('FaaS-Developer');

  const other = await browser.newContext({ baseURL: server.url });
  const theirs = await other.newPage();
  const isOut = async () => {
    await theirs.goto('/console/lambdas');
    await expect(theirs.getByRole('button', { name: 'Sign in' })).toBeVisible();
  };
  await signIn(theirs, 'udo', PASSWORD);
  const choose = async (item: string) => {
    await page.getByRole('button', { name: 'Actions for udo' }).click();
    await page.getByRole('menuitem', { name: item }).click();
  };
  await choose('Sign out everywhere');
  await page.getByRole('button', { name: 'Sign out everywhere' }).click();
  await expect(page.getByText('udo is signed out everywhere.')).toBeVisible();
  await isOut();

  await signIn(theirs, 'udo', PASSWORD);
  await choose('Edit');
  await page.getByRole('checkbox', { name: /Enabled/ }).uncheck();
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(row.getByText('Disabled')).toBeVisible();
  await isOut();
  await theirs.getByRole('textbox', { name: 'Account' }).fill(ACCOUNT);
  await theirs.getByRole('button', { name: 'Sign in' }).click();
  await theirs.getByLabel('Login name').fill('udo');
  await theirs.getByLabel('Password').fill(PASSWORD);
  await theirs.getByRole('button', { name: 'Sign in' }).click();
  await expect(theirs).not.toHaveURL(/\/console/);

  await choose('Edit');
  await page.getByRole('checkbox', { name: /Enabled/ }).check();
  await page.getByRole('checkbox', { name: /FaaS-Invocation/ }).check();
  await page.getByRole('checkbox', { name: /FaaS-Developer/ }).uncheck();
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(row).toContainText('FaaS-Invocation');
  await theirs.goto('/console/');
  await signIn(theirs, 'udo', PASSWORD);
  // Who may invoke and nothing else is told who reads lambdas.
  await theirs.goto('/console/lambdas');
  await expect(theirs.getByText(/takes FaaS-Admin or FaaS-Developer/).first()).toBeVisible();
  await other.close();

  await page.getByRole('button', { name: 'Actions for admin' }).click();
  const own = page.getByRole('menuitem', { name: 'Delete' });
  await expect(own).toHaveAttribute('aria-disabled', 'true');
  await reached(own, 'ArrowDown');
  await expect(page.getByText('This is you.')).toBeVisible();
});
