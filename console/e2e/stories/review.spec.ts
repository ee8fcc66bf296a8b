// The last look before a deployment, and the looks back after it.

import { expect, test } from '../fixtures';
import { deployed, drafted, live, saved } from '../lambdas';

const says = (word: string) => `function lambda(input, callback) {
  callback(null, '${word}');
}
`;

test('the review shows the code, the variables and the runtime of what will be live', async ({
  page,
  server,
  signIn,
  accessible,
}) => {
  const variables = { GREETING: 'Hello', SHOP: 'Hamburg' };
  await drafted(server, 'reviewed', says('reviewed'), { variables });
  await page.goto('/console/lambdas?search=reviewed');
  await signIn();
  await page.getByRole('button', { name: 'Actions for reviewed' }).click();
  await page.getByRole('menuitem', { name: 'Deploy' }).click();
  await expect(page.getByRole('region', { name: 'The code of reviewed' })).toContainText(
    'reviewed',
  );
  const terms = page.getByRole('term');
  await expect(terms).toHaveText(['GREETING', 'SHOP']);
  await expect(page.getByRole('definition')).toHaveText(['Hello', 'Hamburg']);
  await expect(page.getByText(/^Node\.js \d+/)).toBeVisible();
  await expect(page.getByText(/will be live a moment after/)).toBeVisible();
  await accessible();
});

test('the history has each deployment with its steps, how long they took, and who began it', async ({
  page,
  server,
  signIn,
  accessible,
}) => {
  await drafted(server, 'history', says('one'));
  await deployed(server, 'history');
  await saved(server, 'history', 1, `${says('two')}nothing.here();\n`);
  await deployed(server, 'history');
  await saved(server, 'history', 2, says('three'));
  await deployed(server, 'history');
  await page.goto('/console/lambdas/history/deployments');
  await signIn();
  const entries = page.locator('ol > li', { has: page.locator('summary') });
  await expect(entries).toHaveCount(3);
  await expect(entries.nth(0)).toContainText(/v3\s*Deployment successful\s*Live now/);
  await expect(entries.nth(1)).toContainText(/v2\s*Build error/);
  await expect(entries.nth(2)).toContainText(/v1\s*Deployment successful/);
  await expect(entries.nth(0).locator('summary')).toContainText(/by /);
  const steps = entries.nth(0).getByRole('list', { name: 'Steps of the deployment' });
  await expect(steps.getByRole('listitem').nth(1)).toContainText(/done\s*\d+(\.\d+)? m?s/);
  await entries.nth(1).locator('summary').click();
  await expect(entries.nth(1)).toContainText('nothing is not defined');
  // What is live now says nothing of what was live then.
  await expect(entries.nth(1)).not.toContainText('stays live');
  await accessible();
});

test('two versions are compared by their code and their variables', async ({
  page,
  server,
  signIn,
  accessible,
}) => {
  await live(server, 'compared', says('before'));
  const implementation = {
    code: says('after'),
    environmentVariables: [{ key: 'ADDED', value: '1' }],
  };
  await server.api('PUT', '/lambdas/compared', { name: 'compared', version: 1, implementation });
  await page.goto('/console/lambdas/compared/deployments');
  await signIn();
  await page.getByRole('button', { name: 'Actions for v1' }).click();
  await page.getByRole('menuitem', { name: 'Compare with v2' }).click();
  const dialog = page.getByRole('dialog', { name: 'From v1 to v2' });
  await expect(dialog.getByRole('list', { name: 'Changed variables' })).toContainText('+ ADDED');
  await expect(dialog.locator('.line-insert').first()).toBeVisible({ timeout: 30_000 });
  await accessible();
});
