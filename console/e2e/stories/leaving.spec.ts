// Who comes in, and what stays when they go? A wrong password, a token for elsewhere, and signing out.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import type { Page } from '@playwright/test';

import { ACCOUNT, expect, test } from '../fixtures';

const CODE = 'function lambda(input, callback) {\n  callback(null, 1);\n}\n';
const sh = promisify(execFile);

async function signOut(page: Page): Promise<void> {
  await page.getByRole('button', { name: /Account and theme/ }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
}

/** What this browser keeps of unsaved changes. */
async function kept(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    Object.keys(localStorage).filter((key) => key.startsWith('sandglass.unsaved.')),
  );
}

test('a wrong password is told, nothing is lost, and the right one leads to the page that was wanted', async ({
  page,
  server,
  accessible,
}) => {
  await page.goto('/console/settings/secrets?order=name');
  const account = page.getByRole('textbox', { name: 'Account' });
  await account.fill('no-such-account!');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('alert')).toContainText('There is no account no-such-account!');
  await accessible();
  await account.fill(ACCOUNT);
  await page.getByRole('button', { name: 'Sign in' }).click();
  const asked = new URL(page.url()).searchParams;
  await page.getByLabel('Login name').fill('admin');
  expect(
    asked.get('code_challenge_method') ??
      new URL(page.url()).searchParams.get('code_challenge_method'),
  ).toBe('S256');
  await page.getByLabel('Password').fill('not the password');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('alert')).toHaveText('The login name or the password is wrong.');
  await expect(page.getByLabel('Login name')).toHaveValue('admin');
  await expect(page.getByLabel('Password')).toHaveValue('');
  await accessible();
  await page.getByLabel('Password').fill(await server.password());
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page).toHaveURL(/\/console\/settings\/secrets\?order=name$/);
  await expect(page.getByRole('heading', { name: 'Secrets', level: 1 })).toBeVisible();
});

test('signing out asks about what was not saved, deletes it, and leaves none of it to others', async ({
  page,
  server,
  signIn,
  accessible,
}) => {
  const implementation = { code: CODE, environmentVariables: [] };
  await server.api('POST', '/lambdas', { name: 'unsaved', version: -1, implementation });
  await page.goto('/console/lambdas/unsaved');
  await signIn();
  await page.locator('.view-line').first().click();
  await page.keyboard.press('Home');
  await page.keyboard.type('// mine alone ');
  await signOut(page);
  const question = page.getByRole('dialog', { name: 'Sign out without saving?' });
  await expect(question).toContainText('Changes to unsaved are in this browser only.');
  await accessible();

  await test.step('who thinks better of it is where they were', async () => {
    await question.getByRole('button', { name: 'Cancel' }).click();
    await expect(page.locator('.view-line').first()).toContainText('// mine alone');
    expect(await kept(page)).toHaveLength(1);
  });

  await test.step('who goes leaves nothing, not even in another tab', async () => {
    const other = await page.context().newPage();
    await other.goto('/console/lambdas/unsaved');
    await expect(other.locator('.view-line').first()).toContainText('// mine alone');
    await signOut(page);
    await question.getByRole('button', { name: 'Delete them and sign out' }).click();
    await expect(page.getByRole('textbox', { name: 'Account' })).toBeVisible();
    await expect(other.getByRole('textbox', { name: 'Account' })).toBeVisible();
    await expect.poll(() => kept(page)).toEqual([]);
    await other.close();
    expect(await kept(page)).toEqual([]);
  });

  await page.goto('/console/lambdas/unsaved');
  await signIn();
  await expect(page.locator('.view-line').first()).toHaveText('function lambda(input, callback) {');
});

test('what was not saved is nobody else’s, though the session only ended', async ({
  page,
  server,
  signIn,
}) => {
  const implementation = { code: CODE, environmentVariables: [] };
  await server.api('POST', '/lambdas', { name: 'shared', version: -1, implementation });
  const eve = { loginName: 'eve', permissions: ['developer'], password: 'correct horse battery' };
  await server.api('POST', '/users', eve);
  await page.goto('/console/lambdas/shared');
  await signIn();
  await page.locator('.view-line').first().click();
  await page.keyboard.press('Home');
  await page.keyboard.type('// of the admin ');
  await expect.poll(() => kept(page)).toHaveLength(1);
  await page.evaluate(() => sessionStorage.clear());
  await page.goto('/console/lambdas/shared');
  await signIn({ name: eve.loginName, password: eve.password });
  await expect(page.locator('.view-line').first()).toHaveText('function lambda(input, callback) {');
  expect(await kept(page)).toHaveLength(1);
});

test('when the server cannot be told of signing out, the person is, and may tell it again', async ({
  page,
  signIn,
  server,
  accessible,
}) => {
  await page.goto('/console/lambdas');
  await signIn();
  const token = await page.evaluate(
    () =>
      (JSON.parse(sessionStorage.getItem('sandglass.session') ?? '{}') as { access: string })
        .access,
  );
  const me = async () => {
    const headers = { authorization: `Bearer ${token}` };
    return (await fetch(`${server.url}/api/account/${ACCOUNT}/me`, { headers })).status;
  };
  await page.route('**/token/revoke*', (route) => route.fulfill({ status: 503, body: '' }));
  await signOut(page);
  await expect(page.getByRole('textbox', { name: 'Account' })).toBeVisible();
  const told = page.getByRole('log', { name: 'What was done' });
  await expect(told).toContainText('the server could not be told');
  expect(await page.evaluate(() => sessionStorage.getItem('sandglass.session'))).toBeNull();
  expect(await me()).toBe(200);
  await accessible();
  await page.unroute('**/token/revoke*');
  await told.getByRole('button', { name: 'Tell it again' }).click();
  await expect.poll(me).toBe(401);
  await expect(told).not.toContainText('could not be told');
});

test('the copied line works in a terminal, and its token opens nothing but invocations', async ({
  page,
  signIn,
  server,
  context,
}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.goto('/console/lambdas/hello-world/invoke');
  await signIn();
  await page.getByText('From a terminal').click();
  await page.getByRole('button', { name: 'Copy with my token' }).click();
  await expect(page.getByText('Its token only invokes lambdas, for an hour')).toBeVisible();
  const line = await page.evaluate(() => navigator.clipboard.readText());
  const run = async () => {
    const status = `${line} --silent --output /dev/null --write-out '%{http_code}' --max-time 20`;
    return (await sh('sh', ['-c', status])).stdout;
  };
  expect(await run()).toBe('200');

  const [, token] = /Bearer (sgi_[\w-]+)/.exec(line) ?? [];
  for (const [method, path] of [
    ['GET', '/lambdas'],
    ['GET', '/secrets'],
    ['POST', '/deploy'],
    ['POST', '/users'],
    ['DELETE', '/lambdas/hello-world'],
  ]) {
    const answer = await fetch(`${server.url}/api/account/${ACCOUNT}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: method === 'POST' ? '{}' : undefined,
    });
    expect(answer.status, `${method} ${path}`).toBe(403);
  }
  await signOut(page);
  await expect(page.getByRole('textbox', { name: 'Account' })).toBeVisible();
  await expect.poll(run).toBe('401');
});
