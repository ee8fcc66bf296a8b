// What fails says why, and what to do about it: a deployment that is not live, and a build that is not.

import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { ACCOUNT, expect, test } from '../fixtures';
import { deployed, drafted, invoked, live, saved } from '../lambdas';

const says = (word: string) => `function lambda(input, callback) {
  callback(null, '${word} ' + input.payload.name);
}
`;

/** The name that the artifact of a lambda's code has: the same source is the same artifact. */
async function digestOf(uuid: string, code: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sandglass-artifact-'));
  const file = join(folder, 'index.js');
  await writeFile(file, code);
  const environment = [`BRAND_ID=${ACCOUNT}`, `LAMBDA_UUID=${uuid}`].flatMap((one) => [
    '--env',
    one,
  ]);
  const binary = process.env['SANDGLASS_BIN'] ?? '';
  const built = await promisify(execFile)(binary, ['--json', 'build', file, ...environment], {
    cwd: folder,
  });
  await rm(folder, { recursive: true });
  const { artifact } = JSON.parse(built.stdout) as { artifact: { digest: string } };
  return artifact.digest;
}

test('a deploy error says its cause on hover and on focus, and works when it is deployed again', async ({
  page,
  server,
  signIn,
  accessible,
}) => {
  const { uuid } = await drafted(server, 'unloaded', says('Hello'));
  // Something else has the name of the artifact that is to be made.
  const obstacle = join(server.dataDir, 'artifacts', await digestOf(uuid, says('Hello')));
  await mkdir(obstacle);

  await page.goto('/console/lambdas/unloaded/deploy');
  await signIn();
  await page.getByRole('button', { name: 'Approve & Deploy' }).click();
  const cause = page.getByRole('alert').filter({ hasText: 'could not be made live' });
  await expect(cause).toContainText('could not be loaded');
  await expect(cause).toContainText('Nothing of unloaded is live');
  await expect(cause).not.toContainText('stays live');
  const steps = page.getByRole('list', { name: 'Steps of the deployment' });
  await expect(steps.getByRole('listitem').last()).toHaveText(/Deploy Error\s*failed/);
  await accessible();

  await test.step('the chip of its state says the same', async () => {
    await page.goto('/console/deployments');
    const chip = page.getByRole('row', { name: /unloaded/ }).getByText('Deploy error');
    const bubble = page.getByRole('tooltip');
    await chip.hover();
    await expect(bubble).toContainText('could not be loaded');
    await page.mouse.move(0, 0);
    await page.keyboard.press('Escape');
    await expect(bubble).toHaveCount(0);
    await page.keyboard.press('Shift');
    await chip.focus();
    await expect(bubble).toContainText('could not be loaded');
    await accessible();
  });

  await test.step('the list has it where somebody is needed', async () => {
    await page.goto('/console/lambdas');
    const failed = page.getByRole('table', { name: 'Failed lambdas' });
    await expect(failed.getByRole('row', { name: /unloaded/ })).toContainText('Deploy error');
  });

  await test.step('deployed again from its history, it is live', async () => {
    await rm(obstacle, { recursive: true });
    await page.goto('/console/lambdas/unloaded/deployments');
    await accessible();
    await page.getByRole('button', { name: 'Try again' }).click();
    await expect(page.getByText('Live now')).toBeVisible();
    expect(await invoked(server, 'unloaded', { name: 'Ada' })).toBe('Hello Ada');
  });
});

test('what was live stays live, and the page says which version that is', async ({
  page,
  server,
  signIn,
  accessible,
}) => {
  await live(server, 'steady', says('One'));
  await saved(server, 'steady', 1, `${says('Two')}nothing.here();\n`);
  await deployed(server, 'steady');
  await page.goto('/console/lambdas/steady/deployments');
  await signIn();
  const cause = page.getByRole('alert').filter({ hasText: 'could not be built' });
  await expect(cause).toContainText('nothing is not defined');
  await expect(cause).toContainText('What was live before stays live: v1');
  await accessible();

  await test.step('and it can still be invoked', async () => {
    await page.goto('/console/lambdas/steady/invoke');
    await page.getByRole('button', { name: 'Invoke', exact: true }).click();
    await expect(page.getByRole('region', { name: 'Output' })).toContainText('One');
  });
});

test('what was never live says so, and is not invoked', async ({ page, server, signIn }) => {
  await drafted(server, 'stillborn', `${says('Never')}nothing.here();\n`);
  await deployed(server, 'stillborn');
  await page.goto('/console/lambdas/stillborn/deployments');
  await signIn();
  const cause = page.getByRole('alert').filter({ hasText: 'could not be built' });
  await expect(cause).toContainText('Nothing of stillborn is live');
  await page.goto('/console/lambdas/stillborn/invoke');
  await expect(page.getByText('stillborn is not live')).toBeVisible();
});

test('every mistake is marked, and one leads to the next', async ({ page, server, signIn }) => {
  await drafted(server, 'mistakes', says('Hello'));
  await page.goto('/console/lambdas');
  await signIn();
  await page.goto('/console/lambdas/mistakes');
  await page.locator('.monaco-editor .view-line').first().waitFor({ timeout: 30_000 });
  await page.locator('.view-line').first().click();
  await page.keyboard.press('End');
  await page.keyboard.type('\nlet a = ;\nlet b = 1;\nf(a b');
  await expect(page.locator('.squiggly-error')).toHaveCount(2);
  await expect(page.getByRole('button', { name: /^2:\d+/ })).toBeVisible();
  await page.getByRole('button', { name: /1 of 2/ }).click();
  await expect(page.getByText(/Ln 4, Col/)).toBeVisible();
  await page.getByRole('button', { name: /2 of 2/ }).click();
  await expect(page.getByText(/Ln 2, Col/)).toBeVisible();
});

test('what is on a page stays there when it cannot be fetched again', async ({
  page,
  server,
  signIn,
  accessible,
}) => {
  for (const key of ['KEPT', 'GONE']) await server.api('PUT', `/secrets/${key}`, { value: 'v' });
  await page.goto('/console/settings/secrets');
  await signIn();
  const row = (key: string) => page.getByRole('row', { name: key });
  const failure = page.getByRole('alert').filter({ hasText: 'could not be loaded again' });
  await expect(row('KEPT')).toBeVisible();
  await page.route('**/secrets', (route) => route.abort());
  await page.getByRole('button', { name: 'Actions for GONE' }).click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await expect(failure).toContainText('The server does not answer.');
  await expect(row('KEPT')).toBeVisible();
  await accessible();
  await page.unroute('**/secrets');
  await failure.getByRole('button', { name: 'Try again' }).click();
  await expect(failure).toHaveCount(0);
  await expect(row('KEPT')).toBeVisible();
  await expect(row('GONE')).toHaveCount(0);
});
