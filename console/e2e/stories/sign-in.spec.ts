// A person opens the console, signs in, sees their lambdas, and leaves.

import { expect, test } from '../fixtures';

test('sign in, see the lambdas, sign out', async ({ page, signIn, accessible }) => {
  await page.goto('/console/lambdas');
  await expect(page.getByRole('heading', { name: /Write, deploy/ })).toBeVisible();
  await accessible();
  await signIn();

  await test.step('the page that was asked for is there, with the example lambdas', async () => {
    await expect(page).toHaveURL(/\/console\/lambdas$/);
    const live = page.getByRole('table', { name: 'Productive lambdas' });
    await expect(live.getByRole('link', { name: 'hello-world' })).toBeVisible();
    await accessible();
  });

  await test.step('search finds by name, and a reload keeps it', async () => {
    await page.keyboard.press('/');
    await page.keyboard.type('hello');
    await expect(page.getByRole('status').filter({ hasText: /of \d+/ })).toBeVisible();
    await page.reload();
    await expect(page.getByRole('searchbox')).toHaveValue('hello');
  });

  await test.step('the menu opens by the keyboard and Escape gives the focus back', async () => {
    const button = page.getByRole('button', { name: 'Actions for hello-world' });
    await button.focus();
    await page.keyboard.press('Enter');
    await expect(page.getByRole('menuitem', { name: 'Open' })).toBeFocused();
    await accessible();
    await page.keyboard.press('Escape');
    await expect(button).toBeFocused();
  });

  await test.step('a new tab of the same browser is signed in too', async () => {
    const other = await page.context().newPage();
    await other.goto('/console/lambdas');
    await expect(other.getByRole('heading', { name: 'Lambdas' })).toBeVisible();
    await other.close();
  });

  await test.step('signing out ends it', async () => {
    await page.getByRole('button', { name: /Account and theme/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible();
    await page.reload();
    await expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible();
  });
});

test('the palette leads to a lambda without the mouse', async ({ page, signIn, accessible }) => {
  await signIn();
  await page.keyboard.press('Control+k');
  await page.keyboard.type('hello-wor');
  await expect(page.getByRole('option', { selected: true })).toContainText('hello-world');
  await accessible();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/console\/lambdas\/hello-world$/);
  await expect(page.getByRole('heading', { name: 'hello-world', level: 1 })).toBeFocused();
});

test('a lambda is duplicated, deleted, and brought back', async ({ page, server, signIn }) => {
  const code = 'function lambda(input, callback) { callback(null, 1); }';
  const implementation = { code, environmentVariables: [] };
  await server.api('POST', '/lambdas', { name: 'original', version: -1, implementation });
  await page.goto('/console/lambdas');
  await signIn();

  const menu = (name: string) => page.getByRole('button', { name: `Actions for ${name}` });
  await menu('original').first().click();
  await page.getByRole('menuitem', { name: 'Duplicate' }).click();
  const name = page.getByRole('textbox', { name: 'Name of the duplicate' });
  await expect(name).toHaveValue('original-copy');
  await name.fill('original');
  await expect(page.getByText('There is a lambda called original already.')).toBeVisible();
  await name.fill('second');
  await page.getByRole('button', { name: 'Duplicate', exact: true }).click();
  await expect(page).toHaveURL(/\/lambdas\/second$/);

  await page.goto('/console/lambdas');
  await menu('second').click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await expect(page.getByText('second is deleted.')).toBeVisible();
  await expect(page.getByRole('link', { name: 'second' })).toHaveCount(0);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(page.getByRole('link', { name: 'second' })).toBeVisible();
});
