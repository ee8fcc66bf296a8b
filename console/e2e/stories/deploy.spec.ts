// From saved to live, and from live to an answer.

import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';

import type { Page } from '@playwright/test';

import { expect, test } from '../fixtures';
import type { Server } from '../server';

const GREETING = `
function lambda(input, callback) {
  console.info('greeting', { name: input.payload.name });
  callback(null, { message: 'Hello ' + input.payload.name });
}`;

/** Saves a draft, as another client would. */
async function drafted(server: Server, name: string, code: string): Promise<void> {
  const implementation = { code, dependencies: [], environmentVariables: [] };
  await server.api('POST', '/lambdas', { name, version: -1, description: '', implementation });
}

async function saved(server: Server, name: string, version: number, code: string): Promise<void> {
  const implementation = { code, dependencies: [], environmentVariables: [] };
  const body = { name, version, description: '', state: 'Modified', implementation };
  await server.api('PUT', `/lambdas/${name}`, body);
}

/** Replaces all of what an editor holds, as somebody who pastes would: brackets are not closed then. */
async function pasted(page: Page, text: string): Promise<void> {
  await page.evaluate((content) => navigator.clipboard.writeText(content), text);
  await page.locator('.monaco-editor').first().click();
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.press('ControlOrMeta+V');
}

test('a lambda is chosen by typing, reviewed, approved, watched step by step, and invoked', async ({
  page,
  signIn,
  server,
  accessible,
  context,
}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await drafted(server, 'greeting', GREETING);
  await page.goto('/console/deployments');
  await signIn();
  await page.getByRole('button', { name: 'Create deployment' }).click();
  await page.getByRole('combobox', { name: 'Lambda' }).fill('greet');
  await expect(page.getByRole('option', { name: /greeting/ })).toBeVisible();
  await accessible();
  await page.getByRole('combobox', { name: 'Lambda' }).press('Enter');

  await expect(page.getByRole('region', { name: 'The code of greeting' })).toContainText('Hello ');
  await expect(page.getByText('No variables.')).toBeVisible();
  await accessible();
  await page.getByRole('button', { name: 'Approve & Deploy' }).click();
  const steps = page.getByRole('list', { name: 'Steps of the deployment' });
  await expect(steps.getByRole('listitem')).toHaveText([
    /Build Start\s*done/,
    /Build Finish\s*done/,
    /Deploy Start\s*done/,
    /Deploy Finish\s*done/,
  ]);
  await expect(page.getByText('greeting v1 is live.')).toBeVisible();

  await page.getByRole('link', { name: 'Invoke it' }).click();
  await expect(page.locator('.monaco-editor').first()).toBeVisible();
  await pasted(page, '{"payload": ');
  await expect(page.getByText(/This is not JSON/)).toBeVisible();
  await pasted(page, '{"headers": [], "payload": {"name": "O\'Hara"}}');
  await page.getByRole('button', { name: 'Invoke', exact: true }).click();
  const output = page.getByRole('region', { name: 'Output' });
  await expect(output.getByText("Hello O'Hara").last()).toBeVisible();
  await expect(output.getByRole('region', { name: 'Logs' })).toContainText('greeting');
  await expect(output.getByRole('meter', { name: /Fuel/ })).toBeVisible();
  await accessible();

  await page.getByText('From a terminal').click();
  await page.getByRole('button', { name: 'Copy with my token' }).click();
  // The token is asked for first.
  const copied = () => page.evaluate(() => navigator.clipboard.readText());
  await expect.poll(copied).toMatch(/^curl /);
  const line = await copied();
  // The copied address is the page's own, which may be a front of the server, in this process.
  const answer = await promisify(execFile)('sh', ['-c', `${line} --silent --max-time 20`]);
  expect(JSON.parse(answer.stdout)).toEqual({ message: "Hello O'Hara" });
});

test('a build error says its cause on hover and on focus, with its line, and what was live stays live', async ({
  page,
  signIn,
  server,
  accessible,
}) => {
  await drafted(server, 'parcels', GREETING);
  await server.api('POST', '/deployments/parcels');
  await expect
    .poll(async () => (await server.api('GET', '/lambdas/parcels')) as { state: string })
    .toMatchObject({ state: 'Productive' });
  await saved(server, 'parcels', 1, `${GREETING}\nparcels.sort();\n`);

  await page.goto('/console/lambdas/parcels/deploy');
  await signIn();
  await page.getByRole('button', { name: 'Changes since v1' }).click();
  await expect(page.locator('.monaco-diff-editor')).toContainText('parcels.sort');
  await page.getByRole('button', { name: 'Approve & Deploy' }).click();
  const cause = page.getByRole('alert').filter({ hasText: 'could not be built' });
  await expect(cause).toContainText('parcels is not defined');
  await expect(cause).toContainText('index.js:6:1');
  await accessible();

  await page.goto('/console/deployments');
  const chip = page.getByRole('row', { name: /parcels.*v2/ }).getByText('Build error');
  await chip.hover();
  await expect(page.getByRole('tooltip')).toContainText('parcels is not defined');
  await page.mouse.move(0, 0);
  await page.keyboard.press('Shift');
  await chip.focus();
  await expect(page.getByRole('tooltip')).toContainText('parcels is not defined');
  await accessible();
  const answer = await server.api('POST', '/lambdas/parcels/invoke?v=1&externalSystem=x', {
    timestamp: 0,
    headers: [],
    payload: { name: 'Ada' },
  });
  expect(answer).toEqual({ message: 'Hello Ada' });
});

test('versions are compared, one is live again without a build, and one is restored', async ({
  page,
  signIn,
  server,
  accessible,
}) => {
  const version = (word: string) => GREETING.replace('Hello ', `${word} `);
  await server.api('POST', '/deploy', {
    name: 'words',
    code: version('One'),
    fileName: 'words.js',
  });
  await server.api('POST', '/deploy', {
    name: 'words',
    code: version('Two'),
    fileName: 'words.js',
  });
  await page.goto('/console/lambdas/words/deployments');
  await signIn();
  const versions = page.getByRole('table', { name: 'Versions' });
  const actions = versions.getByRole('button', { name: 'Actions for v1' });
  await actions.click();
  await page.getByRole('menuitem', { name: 'Compare with v2' }).click();
  const dialog = page.getByRole('dialog', { name: 'From v1 to v2' });
  await expect(dialog).toContainText('One');
  await expect(dialog).toContainText('Two');
  await dialog.getByRole('button', { name: 'Close' }).click();

  await actions.click();
  await page.getByRole('menuitem', { name: 'Roll back' }).click();
  await page.getByRole('button', { name: 'Roll back to v1' }).click();
  await expect(
    versions.getByRole('row', { name: /v1/ }).getByText('Live', { exact: true }),
  ).toBeVisible();
  const body = { timestamp: 0, headers: [], payload: { name: 'Ada' } };
  const path = '/lambdas/words/invoke?v=1&externalSystem=x';
  expect(await server.api('POST', path, body)).toEqual({ message: 'One Ada' });
  await accessible();

  await actions.click();
  await page.getByRole('menuitem', { name: 'Restore' }).click();
  await expect(versions.getByRole('rowheader', { name: 'v3' })).toBeVisible();
});

test('a host is not on the whitelist, an administrator allows it, and the 403 becomes a 200', async ({
  page,
  signIn,
  server,
}) => {
  const upstream = createServer((_, answer) => answer.end('the upstream answers'));
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  const { port } = upstream.address() as AddressInfo;
  const code = `
const { Toolbelt } = require('lp-faas-toolbelt');
function lambda(input, callback) {
  const http = Toolbelt.HTTPClient();
  http('http://127.0.0.1:${port}/stock', { simple: false, resolveWithFullResponse: true })
    .then((answer) => callback(null, { status: answer.statusCode, body: answer.body }))
    .catch((error) => callback(error));
}`;
  try {
    await server.api('POST', '/deploy', { name: 'stock', code, fileName: 'stock.js' });
    await page.goto('/console/lambdas/stock/invoke');
    await signIn();
    await page.getByRole('button', { name: 'Invoke', exact: true }).click();
    const output = page.getByRole('region', { name: 'Output' });
    await expect(output.getByText(/Domain is not whitelisted/).last()).toBeVisible();

    await page.goto('/console/settings/whitelist');
    await page.getByRole('button', { name: 'Allow a host' }).first().click();
    await page.getByRole('textbox', { name: 'Host' }).fill(`http://127.0.0.1:${port}`);
    await page.getByRole('button', { name: 'Allow', exact: true }).click();
    await expect(page.getByRole('rowheader', { name: `http://127.0.0.1:${port}` })).toBeVisible();

    await page.goto('/console/lambdas/stock/invoke');
    await page.getByRole('button', { name: 'Invoke', exact: true }).click();
    await expect(output.getByText('the upstream answers').last()).toBeVisible();
    await expect(output.getByText('/stock').first()).toBeVisible();
  } finally {
    upstream.close();
  }
});

test('a lambda uses a secret, and its logs show it masked', async ({ page, signIn, server }) => {
  await server.api('PUT', '/secrets/VAULT', { value: 'open-sesame-1234' });
  const code = `
const { Toolbelt } = require('lp-faas-toolbelt');
function lambda(input, callback) {
  Toolbelt.SecretClient().readSecret('VAULT').then(({ value }) => {
    console.info('the secret is ' + value);
    callback(null, value.length);
  }).catch(callback);
}`;
  await server.api('POST', '/deploy', { name: 'vault', code, fileName: 'vault.js' });
  await page.goto('/console/lambdas/vault/invoke');
  await signIn();
  await page.getByRole('button', { name: 'Invoke', exact: true }).click();
  const output = page.getByRole('region', { name: 'Output' });
  await expect(output.getByText(/the secret is/).first()).toBeVisible();
  await expect(page.getByText('open-sesame-1234')).toHaveCount(0);
  // Of a run by hand only the answer has the logs; of an invocation by a system they are kept.
  const body = { timestamp: 0, headers: [], payload: {} };
  await server.api('POST', '/lambdas/vault/invoke?v=1&externalSystem=x', body);
  await page.goto('/console/lambdas/vault/logs');
  await expect(page.getByText(/the secret is/).first()).toBeVisible();
  await expect(page.getByText('open-sesame-1234')).toHaveCount(0);
});

test('what is live is undeployed before it is deleted, and comes back as a draft', async ({
  page,
  signIn,
  server,
}) => {
  await server.api('POST', '/deploy', { name: 'ended', code: GREETING, fileName: 'ended.js' });
  await page.goto('/console/lambdas');
  await signIn();
  await page.getByRole('button', { name: 'Actions for ended' }).click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  const dialog = page.getByRole('dialog', { name: 'ended is live. Undeploy and delete it?' });
  await expect(dialog).toContainText('What is live is not deleted');
  await dialog.getByRole('button', { name: 'Undeploy and delete' }).click();
  await expect(page.getByText('ended is deleted.')).toBeVisible();
  await expect(page.getByRole('link', { name: 'ended' })).toHaveCount(0);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(page.getByText('ended is back, as a draft.')).toBeVisible();
  await expect
    .poll(async () => (await server.api('GET', '/lambdas/ended')) as { state: string })
    .toMatchObject({ state: 'Draft' });
});
