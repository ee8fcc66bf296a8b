// What helps whoever writes: snippets, what packages have, keys, and the sidebar with what belongs to the code.

import type { Page } from '@playwright/test';

import { expect, test } from '../fixtures';
import { code, drafted, open, pasted, ready, typeAfter } from '../lambdas';

const CODE = `async function lambda(input, callback) {
  callback(null, input.payload);
}
`;

const patiently = { timeout: 30_000 };

function suggestion(page: Page, name: RegExp) {
  return page.locator('.suggest-widget').getByRole('option', { name }).first();
}

const bare = (text: string) => text.replace(/\s/g, '');

/** What is in the editor, as the browser keeps it for a reload; without blanks, which are laid out anew. */
async function written(page: Page): Promise<string> {
  const kept = await page.evaluate(() => {
    const key = Object.keys(localStorage).find((name) => name.startsWith('sandglass.unsaved.'));
    return localStorage.getItem(key ?? '') ?? '{}';
  });
  const { code: text = '' } = JSON.parse(kept) as { code?: string };
  return bare(text);
}

/** The platform's, by their titles (spec 6.3). */
const SNIPPETS = [
  'Conversation Util',
  'Create Context Session Storage',
  'Read Context Session Storage',
  'Update Context Session Storage',
  'Delete Context Session Storage',
  'GDPR Util',
  'HTTP',
  'Read Secret',
  'Update Secret',
  'SDE Util',
  'Salesforce',
  'mTLS Request',
];

test('each of the twelve snippets is inserted, and what it makes builds', async ({
  page,
  server,
  signIn,
  accessible,
}) => {
  test.setTimeout(120_000);
  const all = (await server.api('GET', '/snippets')) as { title: string; code: string }[];
  expect(all.map(({ title }) => title).sort()).toEqual([...SNIPPETS].sort());
  await drafted(server, 'snippets', CODE);
  await page.goto('/console/lambdas');
  await signIn();
  await open(page, 'snippets');
  await page.getByRole('button', { name: 'Insert a snippet' }).click();
  await expect(
    page.getByRole('menu', { name: 'Insert a snippet' }).getByRole('menuitem'),
  ).toHaveCount(12);
  await accessible();
  await page.keyboard.press('Escape');

  for (const { title, code: inserted } of all) {
    await test.step(title, async () => {
      await pasted(page, code(page), 'async function lambda(input, callback) {\n\n}\n');
      await page.locator('.view-line').nth(1).click();
      await page.getByRole('button', { name: 'Insert a snippet' }).click();
      await page.getByRole('menuitem', { name: title, exact: true }).click();
      await expect.poll(() => written(page)).toContain(bare(inserted));
      await expect(page.getByText('It builds')).toBeVisible();
    });
  }
});

test('every package that comes with the platform is completed, with its types', async ({
  page,
  server,
  signIn,
}) => {
  test.setTimeout(180_000);
  await drafted(server, 'packages', CODE);
  await page.goto('/console/lambdas');
  await signIn();
  await open(page, 'packages');
  const packages = Object.keys((await server.api('GET', '/packages')) as object);
  const members: Readonly<Record<string, string>> = {
    jsforce: 'Connection',
    jsonwebtoken: 'verify',
    lodash: 'chunk',
    luxon: 'DateTime',
    'oauth-1.0a': 'prototype',
    uuid: 'v4',
  };
  expect(Object.keys(members)).toEqual(packages);
  for (const [name, member] of Object.entries(members)) {
    await test.step(name, async () => {
      await pasted(page, code(page), `const it = require('${name}');\nit.`);
      await page.keyboard.type(member.slice(0, 2));
      await expect(suggestion(page, new RegExp(`^${member}`))).toBeVisible(patiently);
      await page.keyboard.press('Escape');
    });
  }
});

test('modules of Node.js and the second toolbelt are completed where they are required', async ({
  page,
  server,
  signIn,
}) => {
  await drafted(server, 'modules', CODE);
  await page.goto('/console/lambdas');
  await signIn();
  await open(page, 'modules');
  for (const [typed, name] of [
    ["const a = require('core", /^core-functions-toolbelt/],
    ["import b from 'querys", /^querystring/],
    ["const c = await import('string_", /^string_decoder/],
  ] as const) {
    await pasted(page, code(page), '\n');
    await page.keyboard.type(typed);
    await expect(suggestion(page, name)).toBeVisible(patiently);
    await page.keyboard.press('Escape');
  }
  await pasted(page, code(page), "const crypto = require('crypto');\ncrypto.createH");
  await page.keyboard.type('a');
  await expect(suggestion(page, /^createHash/)).toBeVisible(patiently);
  await page.keyboard.press('Escape');
  await page.keyboard.type('sh(');
  const hints = page.locator('.parameter-hints-widget');
  await expect(hints).toContainText('algorithm: string', patiently);
});

test('keys save, lead to the deployment, and open the palette', async ({
  page,
  server,
  signIn,
}) => {
  await drafted(server, 'keyed', CODE);
  await page.goto('/console/lambdas');
  await signIn();
  await open(page, 'keyed');

  await test.step('what is not saved is saved first, then there is a last look at it', async () => {
    await typeAfter(page, 'callback(null', ' // by keys');
    await page.keyboard.press('ControlOrMeta+Shift+Enter');
    await expect(page).toHaveURL(/\/lambdas\/keyed\/deploy$/);
    const text = page.getByRole('region', { name: 'The code of keyed' });
    await expect(text).toContainText('// by keys');
    const kept = (await server.api('GET', '/lambdas/keyed')) as { version: number };
    expect(kept.version).toBe(2);
  });

  await test.step('what does not build is not deployed, and stays where it is', async () => {
    await open(page, 'keyed');
    await typeAfter(page, 'callback(null', '\nlet x = ;');
    await page.keyboard.press('ControlOrMeta+Shift+Enter');
    await expect(page.getByText(/keyed was not saved/)).toBeVisible();
    await expect(page).toHaveURL(/\/lambdas\/keyed$/);
  });

  await test.step('the palette has what the editor can do', async () => {
    await page.keyboard.press('ControlOrMeta+K');
    await page.keyboard.type('deploy this');
    const option = page.getByRole('option', { selected: true });
    await expect(option).toContainText('Deploy this lambda');
    await page.keyboard.press('Escape');
  });
});

test('the sidebar tells of the lambda, of its dependencies, and of what its event sends', async ({
  page,
  server,
  signIn,
  accessible,
}) => {
  const more = { eventId: 'controllerbot_messaging_conversation_end', description: 'Says goodbye' };
  await drafted(server, 'sided', CODE, more);
  await page.goto('/console/lambdas');
  await signIn();
  await open(page, 'sided');
  const aside = page.getByRole('complementary', { name: 'Settings and payload' });

  await test.step('its settings', async () => {
    await expect(aside).toContainText(/Last change.*by /s);
    await expect(aside).toContainText('Messaging Conversation End');
    await expect(aside).toContainText('Says goodbye');
    await expect(aside).toContainText('lp-faas-toolbelt');
    const packages = (await server.api('GET', '/packages')) as Record<string, string>;
    for (const [name, version] of Object.entries(packages)) {
      const link = page.getByRole('link', { name: `Documentation of ${name} at npm` });
      await expect(link).toHaveAttribute(
        'href',
        `https://www.npmjs.com/package/${name}/v/${version}`,
      );
      await expect(aside.getByRole('listitem').filter({ has: link })).toContainText(version);
    }
  });

  await test.step('its payload: to read, to fold, and not to change', async () => {
    await aside.getByRole('tab', { name: 'Settings' }).press('ArrowRight');
    await expect(aside.getByRole('tab', { name: 'Payload' })).toBeFocused();
    await expect(aside).toContainText('It is read-only');
    const panel = aside.getByRole('tabpanel');
    const general = panel.locator('summary', { hasText: 'general' }).first();
    const field = general.locator('xpath=following-sibling::ul');
    await general.click();
    const opened = await field.isVisible();
    await general.click();
    await expect(field).toBeVisible({ visible: !opened });
    await expect(panel.getByRole('textbox')).toHaveCount(0);
    await accessible();
  });
});

test('on a small screen the sidebar is away at first', async ({ page, server, signIn }) => {
  await drafted(server, 'small', CODE);
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto('/console/lambdas');
  await signIn();
  await page.goto('/console/lambdas/small');
  await ready(page);
  await expect(page.getByRole('complementary', { name: 'Settings and payload' })).toHaveCount(0);
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await page.getByRole('button', { name: 'Show the sidebar' }).click();
  await expect(page.getByRole('dialog', { name: 'small' })).toContainText('Last change');
});

test('names of the platform are refused for variables, each as it is typed', async ({
  page,
  server,
  signIn,
}) => {
  await drafted(server, 'reserved', CODE);
  await page.goto('/console/lambdas');
  await signIn();
  await open(page, 'reserved');
  await page.getByRole('button', { name: 'Add a variable' }).click();
  const dialog = page.getByRole('dialog', { name: 'Add a variable' });
  const name = dialog.getByRole('textbox', { name: 'Name' });
  const refused = dialog.getByText('Variable name is reserved and thereby blocked for use.');
  for (const reserved of ['BRAND_ID', 'DC', 'HTTPS_PROXY', 'LAMBDA_UUID', 'VAULT_DOMAIN']) {
    await name.fill('');
    await name.pressSequentially(reserved);
    await expect(refused).toBeVisible();
    await name.press('End');
    await name.pressSequentially('X');
    await expect(refused).toHaveCount(0);
  }
  const value = dialog.getByRole('textbox', { name: 'Value' });
  await value.fill('x'.repeat(1_025));
  await expect(dialog.getByText('At most 1024 characters; these are 1025.')).toBeVisible();
  await value.fill('x'.repeat(1_024));
  await dialog.getByRole('button', { name: 'Add' }).click();
  await page.keyboard.press('ControlOrMeta+S');
  await expect(page.getByText('Saved as version 2.')).toBeVisible();
});
