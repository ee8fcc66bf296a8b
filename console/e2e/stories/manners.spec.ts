// Good manners: the theme that one chose, the keyboard, time to read, times in words, and a first step
// where there is nothing yet.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Page } from '@playwright/test';

import { expect, test } from '../fixtures';

const theme = (page: Page) =>
  page.evaluate(() => [
    document.documentElement.dataset['theme'] ?? 'system',
    getComputedStyle(document.body).backgroundColor === 'rgba(0, 0, 0, 0)'
      ? getComputedStyle(document.documentElement).backgroundColor
      : getComputedStyle(document.body).backgroundColor,
  ]);

test('a theme is chosen, survives a reload, and gives way to the system’s again', async ({
  page,
  signIn,
  accessible,
}) => {
  await page.emulateMedia({ colorScheme: 'light' });
  await page.goto('/console/lambdas');
  await signIn();
  const menu = page.getByRole('button', { name: /Account and theme/ });
  const choose = async (name: string) => {
    await menu.click();
    await page.getByRole('menuitemradio', { name }).click();
  };
  const [, light] = await theme(page);
  await choose('Dark theme');
  const [chosen, dark] = await theme(page);
  expect(chosen).toBe('dark');
  expect(dark).not.toBe(light);
  await accessible('color-contrast');
  await page.reload();
  await expect.poll(() => theme(page)).toEqual(['dark', dark]);
  await menu.click();
  await expect(page.getByRole('menuitemradio', { name: 'Dark theme' })).toBeChecked();
  await expect(page.getByRole('menuitemradio', { name: 'Light theme' })).not.toBeChecked();
  await page.keyboard.press('Escape');

  await page.emulateMedia({ colorScheme: 'dark' });
  await choose('Light theme');
  await expect.poll(() => theme(page)).toEqual(['light', light]);
  await page.reload();
  await expect.poll(() => theme(page)).toEqual(['light', light]);
  await choose('The system');
  await expect.poll(() => theme(page)).toEqual(['system', dark]);
  await page.emulateMedia({ colorScheme: 'light' });
  await expect.poll(() => theme(page)).toEqual(['system', light]);
});

test('whoever wants no motion sees none', async ({ page, signIn }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await page.goto('/console/lambdas');
  await signIn();
  await page.getByRole('button', { name: 'Actions for hello-world' }).click();
  await page.getByRole('menuitem', { name: 'Duplicate' }).click();
  await expect(page.getByRole('dialog')).toBeVisible();
  const longest = await page.evaluate(() => {
    const seconds = (text: string) => Math.max(...text.split(',').map((one) => parseFloat(one)));
    return Math.max(
      ...[...document.querySelectorAll('*')].flatMap((element) => {
        const { animationDuration, transitionDuration } = getComputedStyle(element);
        return [seconds(animationDuration), seconds(transitionDuration)];
      }),
    );
  });
  expect(longest).toBeLessThan(0.001);
});

test('the keyboard skips to the page, stays in what is open, and comes back to where it was', async ({
  page,
  signIn,
}) => {
  await page.goto('/console/lambdas');
  await signIn();
  await expect(page.getByRole('table').first()).toBeVisible();
  await page.reload();
  await expect(page.getByRole('table').first()).toBeVisible();

  await test.step('first comes the way past the places, then the places in their order', async () => {
    await page.keyboard.press('Tab');
    const skip = page.getByRole('link', { name: 'Skip to the page' });
    await expect(skip).toBeFocused();
    await expect(skip).toBeInViewport();
    const order = [];
    for (let step = 0; step < 7; step += 1) {
      await page.keyboard.press('Tab');
      order.push(await page.evaluate(() => document.activeElement?.textContent?.trim() ?? ''));
    }
    expect(order.slice(0, 1)).toEqual(['Sandglass']);
    expect(order.slice(2)).toEqual(['Home', 'Lambdas', 'Logs', 'Schedules', 'Settings']);
    await skip.focus();
    await page.keyboard.press('Enter');
    await expect(page.locator('#content')).toBeFocused();
    await page.keyboard.press('Tab');
    expect(
      await page.evaluate(() =>
        document.querySelector('#content')?.contains(document.activeElement),
      ),
    ).toBe(true);
  });

  await test.step('a dialog keeps the focus and gives it back', async () => {
    const actions = page.getByRole('button', { name: 'Actions for hello-world' });
    await actions.focus();
    await page.keyboard.press('Enter');
    await expect(page.getByRole('menuitem', { name: 'Open' })).toBeFocused();
    // A letter leads to the next entry that begins with it.
    const duplicate = page.getByRole('menuitem', { name: 'Duplicate' });
    const focused = () => duplicate.evaluate((item) => item === document.activeElement);
    for (let step = 0; step < 3 && !(await focused()); step += 1) await page.keyboard.press('d');
    await expect(duplicate).toBeFocused();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog');
    await expect(dialog).toBeVisible();
    for (let step = 0; step < 12; step += 1) {
      await page.keyboard.press('Tab');
      const outside = await page.evaluate(() => {
        const { activeElement: active } = document;
        return active !== document.body && !active?.closest('dialog[open]');
      });
      expect(outside).toBe(false);
    }
    await page.keyboard.press('Escape');
    await expect(dialog).toBeHidden();
    await expect(actions).toBeFocused();
  });

  await test.step('so does the palette', async () => {
    const actions = page.getByRole('button', { name: 'Actions for hello-world' });
    await page.keyboard.press('Control+k');
    await expect(page.getByRole('combobox')).toBeFocused();
    await page.keyboard.press('Escape');
    await expect(actions).toBeFocused();
  });
});

test('what was done waits while it is read, and is reached and undone by the keyboard', async ({
  page,
  server,
  signIn,
  accessible,
}) => {
  const code = 'function lambda(input, callback) { callback(null, 1); }';
  const implementation = { code, environmentVariables: [] };
  await server.api('POST', '/lambdas', { name: 'gone', version: -1, implementation });
  await page.goto('/console/lambdas');
  await signIn();
  await page.clock.install();
  const said = page.getByText('gone is deleted.');
  const destroy = async () => {
    await page.getByRole('button', { name: 'Actions for gone' }).click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await expect(said).toBeVisible();
  };

  await test.step('while it is pointed at or has the focus it stays', async () => {
    await destroy();
    await said.hover();
    await page.clock.fastForward(60_000);
    await expect(said).toBeVisible();
    await page.keyboard.press('F8');
    await expect(page.getByRole('button', { name: 'Undo' })).toBeFocused();
    await page.mouse.move(5, 5);
    await page.clock.fastForward(60_000);
    await expect(said).toBeVisible();
    await accessible();
  });

  await test.step('Escape goes back, and then it goes by itself', async () => {
    await page.keyboard.press('Escape');
    await expect(page.getByRole('button', { name: 'Undo' })).not.toBeFocused();
    await page.clock.runFor(100);
    await page.clock.fastForward(13_000);
    await expect(said).toBeHidden();
  });

  await server.api('POST', '/lambdas', { name: 'gone', version: -1, implementation });
  await page.reload();
  await test.step('it is undone without the mouse', async () => {
    await destroy();
    await page.keyboard.press('F8');
    await page.keyboard.press('Enter');
    await expect(page.getByRole('link', { name: 'gone' })).toBeVisible();
    await expect(said).toBeHidden();
  });
});

test('times are local in words, and in full with UTC on hover and on focus', async ({
  page,
  signIn,
  accessible,
}) => {
  await page.goto('/console/settings/audit');
  await signIn();
  const time = page.getByRole('table').locator('time').first();
  await expect(time).toHaveText(/now|ago|\d/);
  const at = new Date((await time.getAttribute('datetime')) ?? '');
  const clock = (timeZone: string) =>
    new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit' }).format(at);
  const bubble = page.getByRole('tooltip');
  const full = async () => {
    await expect(bubble).toContainText(clock('Europe/Berlin'));
    await expect(bubble).toContainText(clock('UTC'));
    await expect(bubble).toContainText('UTC');
  };
  await time.hover();
  await full();
  await page.mouse.move(1, 1);
  await expect(bubble).toBeHidden();
  await page.keyboard.press('Tab');
  await time.focus();
  await full();
  await accessible();
  await page.keyboard.press('Escape');
  await expect(bubble).toBeHidden();
});

test('where there is nothing yet, each page teaches one next step', async ({
  page,
  server,
  accessible,
}) => {
  const operator = (await readFile(join(server.dataDir, 'operator.token'), 'utf8')).trim();
  const made = await fetch(`${server.url}/api/accounts`, {
    method: 'POST',
    headers: { authorization: `Bearer ${operator}`, 'content-type': 'application/json' },
    body: JSON.stringify({ id: 'empty' }),
  });
  const { loginName, password } = (await made.json()) as { loginName: string; password: string };
  await page.goto('/console/');
  await page.getByRole('textbox', { name: 'Account' }).fill('empty');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByLabel('Login name').fill(loginName);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('navigation', { name: 'Places' }).waitFor();
  for (const [path, heading, step] of [
    ['/', 'Nothing is here yet', 'Create lambda'],
    ['/lambdas', 'Write your first lambda', 'Create lambda'],
    ['/deployments', 'Nothing was deployed yet', 'Create deployment'],
    ['/schedules', 'Nothing runs by the clock', 'Add a schedule'],
    ['/settings/whitelist', 'Lambdas reach no host', 'Allow a host'],
    ['/settings/secrets', 'No secrets yet', 'Add a secret'],
    ['/settings/apps', 'No app is installed', 'Install an app'],
  ] as const) {
    await page.goto(`/console${path}`);
    const empty = page.locator('.empty').filter({ hasText: heading });
    await expect(empty.getByRole('heading', { name: heading })).toBeVisible();
    await expect(
      empty.getByRole('button').or(empty.getByRole('link')).filter({ hasText: step }),
    ).toHaveCount(1);
    await accessible('heading-order', 'button-name', 'link-name', 'color-contrast');
  }
});
