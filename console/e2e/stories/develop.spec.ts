// What can be done with lambdas from their list: find them, deploy, duplicate, delete, export.

import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

import type { Page } from '@playwright/test';
import { strFromU8, unzipSync } from 'fflate';

import { expect, test } from '../fixtures';
import { deployed, drafted, invoked, live, saved } from '../lambdas';
import type { Server } from '../server';

const says = (word: string) => `function lambda(input, callback) {
  callback(null, process.env.WORD ?? '${word}');
}
`;

const ACTIONS = ['Open', 'Deploy…', 'Invoke', 'Duplicate…', 'Export', 'Delete…'];

/** Unpacks what was exported, and deploys its folder as another name with the command line. */
async function imported(server: Server, zip: string, name: string): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'sandglass-export-'));
  const files = unzipSync(await readFile(zip));
  for (const [path, bytes] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), strFromU8(bytes));
  }
  const paths = Object.keys(files);
  const function_ = join(folder, dirname(paths[0] ?? ''));
  const token = (await readFile(join(server.dataDir, 'admin.token'), 'utf8')).trim();
  const where = ['--server', server.url, '--token', token];
  const binary = process.env['SANDGLASS_BIN'] ?? '';
  await promisify(execFile)(binary, ['deploy', function_, '--name', name, ...where]);
  await rm(folder, { recursive: true });
  return paths;
}

async function exportOf(page: Page): Promise<string> {
  const download = page.waitForEvent('download');
  await page.getByRole('menuitem', { name: 'Export' }).click();
  return (await download).path();
}

test('lambdas are in groups by what is true of them, and found by what they are about', async ({
  page,
  server,
  signIn,
  accessible,
}) => {
  await drafted(server, 'g-draft', says('a'), { description: 'Counts parcels' });
  await drafted(server, 'g-event', says('a'), {
    eventId: 'controllerbot_messaging_participants_change',
  });
  await live(server, 'g-live', says('a'));
  await live(server, 'g-modified', says('a'));
  await saved(server, 'g-modified', 1, says('b'));
  await drafted(server, 'g-broken', `${says('a')}nothing.here();\n`);
  await deployed(server, 'g-broken');

  await page.goto('/console/lambdas');
  await signIn();
  for (const [group, name, state] of [
    ['Failed', 'g-broken', 'Build error'],
    ['Modified', 'g-modified', 'Modified'],
    ['Productive', 'g-live', 'Productive'],
    ['Draft', 'g-draft', 'Draft'],
  ] as const) {
    const row = page
      .getByRole('table', { name: `${group} lambdas` })
      .getByRole('row', { name: new RegExp(name) });
    await expect(row).toContainText(state);
  }
  await accessible();

  const search = page.getByRole('searchbox', { name: 'Search lambdas' });
  for (const [words, name] of [
    ['parcels', 'g-draft'],
    ['participants_change', 'g-event'],
    ['g-mod', 'g-modified'],
  ] as const) {
    await search.fill(words);
    await expect(page.getByRole('status').filter({ hasText: '1 lambda of' })).toBeVisible();
    await expect(page.getByRole('link', { name, exact: true })).toBeVisible();
  }
  await search.fill('nothing like it');
  await page.getByRole('button', { name: 'Show all lambdas' }).click();
  await expect(page.getByRole('link', { name: 'g-live', exact: true })).toBeVisible();
});

test('a right click on a row opens its menu, and so does the keyboard', async ({
  page,
  server,
  signIn,
  accessible,
}) => {
  await live(server, 'clicked', says('a'));
  await page.goto('/console/lambdas?search=clicked');
  await signIn();
  const row = page.getByRole('row', { name: /clicked/ });
  const menu = page.getByRole('menu', { name: 'Actions for clicked' });

  await test.step('by a right click, with all that can be done', async () => {
    await row.getByText('Productive').last().click({ button: 'right' });
    await expect(menu.getByRole('menuitem')).toHaveText(ACTIONS);
    await expect(menu.getByRole('menuitem', { name: 'Open' })).toBeFocused();
    await accessible();
    await page.keyboard.press('Escape');
    await expect(menu).toBeHidden();
  });

  await test.step('by the keyboard, which goes through it with arrows and letters', async () => {
    await row.getByRole('button', { name: 'Actions for clicked' }).focus();
    await page.keyboard.press('Enter');
    await expect(menu.getByRole('menuitem', { name: 'Open' })).toBeFocused();
    await page.keyboard.press('ArrowUp');
    await expect(menu.getByRole('menuitem', { name: 'Delete' })).toBeFocused();
    await page.keyboard.press('Home');
    await page.keyboard.press('d');
    await expect(menu.getByRole('menuitem', { name: 'Deploy' })).toBeFocused();
  });

  await test.step('and Deploy leads to the last look', async () => {
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(/\/lambdas\/clicked\/deploy$/);
    await expect(page.getByRole('button', { name: 'Approve & Deploy' })).toBeVisible();
  });
});

test('what is exported is a file that deploys', async ({ page, server, signIn }) => {
  const variables = { WORD: 'exported' };
  await drafted(server, 'leaving', says('a'), { description: 'Says a word', variables });
  await page.goto('/console/lambdas?search=leaving');
  await signIn();
  await page
    .getByRole('row', { name: /leaving/ })
    .getByText('Draft')
    .last()
    .click({ button: 'right' });
  const zip = await exportOf(page);
  const config = unzipSync(await readFile(zip))['functions/leaving/config.json'];
  expect(JSON.parse(strFromU8(config ?? new Uint8Array()))).toMatchObject({
    name: 'leaving',
    description: 'Says a word',
    environmentVariables: [{ key: 'WORD', value: 'exported' }],
  });
  expect(await imported(server, zip, 'arrived')).toContain('functions/leaving/index.js');
  expect(await invoked(server, 'arrived', {})).toBe('a');
});

const ENTRY =
  "import { greet } from './greet';\nexport const lambda = ({ payload }) => greet(payload.name);\n";
const GREET = 'export const greet = (name: string): string => `Hello ${name}`;\n';

/** Deploys a lambda of two files, as somebody at a terminal does. */
async function ofTwoFiles(server: Server, name: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'sandglass-files-'));
  await writeFile(join(folder, 'index.ts'), ENTRY);
  await writeFile(join(folder, 'greet.ts'), GREET);
  const token = (await readFile(join(server.dataDir, 'admin.token'), 'utf8')).trim();
  const where = ['--server', server.url, '--token', token];
  const binary = process.env['SANDGLASS_BIN'] ?? '';
  await promisify(execFile)(binary, ['deploy', folder, '--name', name, ...where]);
  await rm(folder, { recursive: true });
}

test('a lambda of several files says so, is not saved without them by accident, and travels whole', async ({
  page,
  server,
  signIn,
  accessible,
}) => {
  test.setTimeout(120_000);
  await ofTwoFiles(server, 'whole');
  await page.goto('/console/lambdas');
  await signIn();
  await page.goto('/console/lambdas/whole');
  await page.locator('.monaco-editor .view-line').first().waitFor({ timeout: 30_000 });

  await test.step('it says so, has no mistakes, and runs with its files', async () => {
    await expect(page.getByText('This is one file of several.')).toBeVisible();
    await expect(page.getByText('It builds')).toBeVisible();
    await accessible();
    await page.getByRole('button', { name: 'Run draft' }).click();
    const report = page.getByRole('article', { name: 'Report of the run' });
    await expect(report).toContainText('Hello undefined');
    await page.getByRole('button', { name: 'Close the drawer' }).click();
  });

  await test.step('another text that still needs them is marked, and not saved', async () => {
    await page.locator('.view-line').nth(1).click();
    await page.keyboard.press('End');
    await page.keyboard.type(' // changed');
    await expect(page.getByRole('button', { name: /^1:1 Cannot find module/ })).toBeVisible();
    await page.keyboard.press('ControlOrMeta+S');
    const asked = page.getByRole('dialog', {
      name: 'Save whole without what it was deployed with?',
    });
    await expect(asked).toContainText('Version 1 stays in the history');
    await accessible();
    await asked.getByRole('button', { name: 'Cancel' }).click();
    await expect(page.getByText('Not saved', { exact: false })).toBeVisible();
    await page.keyboard.press('ControlOrMeta+S');
    await asked.getByRole('button', { name: 'Save this text alone' }).click();
    await expect(page.getByText(/whole was not saved/)).toBeVisible();
  });

  await test.step('a text that stands alone is saved once that is confirmed', async () => {
    const alone = "export const lambda = () => 'alone';";
    await page.locator('.view-line').first().click();
    await page.keyboard.press('ControlOrMeta+A');
    await page.keyboard.type(alone);
    await expect(page.locator('.view-lines')).toContainText('alone');
    await page.keyboard.press('ControlOrMeta+S');
    await page.getByRole('button', { name: 'Save this text alone' }).click();
    await expect(page.getByText('Saved as version 2.')).toBeVisible();
    await expect(page.getByText('This is one file of several.')).toHaveCount(0);
    expect(await invoked(server, 'whole', { name: 'Ada' })).toBe('Hello Ada');
  });

  await test.step('the version before is restored with its files', async () => {
    await server.api('POST', '/lambdas/whole/versions/1/restore');
    await page.goto('/console/lambdas/whole');
    await expect(page.getByText('This is one file of several.')).toBeVisible();
  });

  await test.step('a duplicate and an export have all of it', async () => {
    await page.goto('/console/lambdas?search=whole');
    const row = page.getByRole('row', { name: /^whole/ });
    await row.getByText('Modified').last().click({ button: 'right' });
    const zip = await exportOf(page);
    const paths = await imported(server, zip, 'moved');
    expect(paths).toContain('functions/whole/source.ts');
    expect(await invoked(server, 'moved', { name: 'Ada' })).toBe('Hello Ada');

    await row.getByText('Modified').last().click({ button: 'right' });
    await page.getByRole('menuitem', { name: 'Duplicate' }).click();
    await page.getByRole('textbox', { name: 'Name of the duplicate' }).fill('twin');
    await page.getByRole('button', { name: 'Duplicate', exact: true }).click();
    await expect(page).toHaveURL(/\/lambdas\/twin$/);
    await expect(page.getByText('This is one file of several.')).toBeVisible();
    await deployed(server, 'twin');
    expect(await invoked(server, 'twin', { name: 'Bob' })).toBe('Hello Bob');
  });

  await test.step('deleted and brought back, it has all of it, too', async () => {
    await page.goto('/console/lambdas?search=twin');
    await page.getByRole('button', { name: 'Actions for twin' }).click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    await page.getByRole('button', { name: 'Undeploy and delete' }).click();
    await page.getByRole('button', { name: 'Undo' }).click();
    await expect(page.getByText('twin is back, as a draft.')).toBeVisible();
    await deployed(server, 'twin');
    expect(await invoked(server, 'twin', { name: 'Eve' })).toBe('Hello Eve');
  });
});
