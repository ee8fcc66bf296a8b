// What does a page say that has nothing to show? One next step, with one button, that leads there.

import type { Page } from '@playwright/test';

import { expect, signIn, test } from '../fixtures';
import { reached } from '../keyboard';

interface Empty {
  path: string;
  /** What the page says. */
  says: string;
  /** The one button. */
  button: string;
  /** Where it leads: to a page, or to a dialog. */
  leads: RegExp | { dialog: string };
}

/** Of an account that has nothing. */
const NOTHING: readonly Empty[] = [
  { path: '/', says: 'Nothing is here yet', button: 'Create lambda', leads: /\/lambdas\/new/ },
  {
    path: '/lambdas',
    says: 'Write your first lambda',
    button: 'Create lambda',
    leads: /\/lambdas\/new/,
  },
  {
    path: '/deployments',
    says: 'Nothing was deployed yet',
    button: 'Create deployment',
    leads: { dialog: 'Create a deployment' },
  },
  {
    path: '/logs',
    says: 'Nothing was logged in the last 24 hours',
    button: 'Create lambda',
    leads: /\/lambdas\/new/,
  },
  {
    path: '/schedules',
    says: 'Nothing runs by the clock',
    button: 'Add a schedule',
    leads: { dialog: 'Add a schedule' },
  },
  {
    path: '/settings/whitelist',
    says: 'Lambdas reach no host',
    button: 'Allow a host',
    leads: { dialog: 'Allow a host' },
  },
  {
    path: '/settings/secrets',
    says: 'No secrets yet',
    button: 'Add a secret',
    leads: { dialog: 'Add a secret' },
  },
  {
    path: '/settings/apps',
    says: 'No app is installed',
    button: 'Install an app',
    leads: { dialog: 'Install an app' },
  },
];

/** Of a lambda that was saved, and that is all. */
const DRAFT: readonly Empty[] = [
  {
    path: '/logs',
    says: 'Nothing was logged in the last 24 hours',
    button: 'Choose a lambda',
    leads: /\/lambdas$/,
  },
  {
    path: '/lambdas/idea/deployments',
    says: 'idea was never deployed',
    button: 'Review and deploy',
    leads: /\/lambdas\/idea\/deploy$/,
  },
  {
    path: '/lambdas/idea/invoke',
    says: 'idea is not live',
    button: 'Review and deploy',
    leads: /\/lambdas\/idea\/deploy$/,
  },
  {
    path: '/lambdas/idea/logs',
    says: 'Nothing was logged in the last 24 hours',
    button: 'Invoke it',
    leads: /\/lambdas\/idea\/invoke$/,
  },
  {
    path: '/lambdas/idea/metrics',
    says: 'idea did not run in this time',
    button: 'Invoke it',
    leads: /\/lambdas\/idea\/invoke$/,
  },
];

/** Goes to a page, reads what it says, presses its one button, and comes to where that leads. */
async function follow(
  page: Page,
  { path, says, button, leads }: Empty,
  look?: () => Promise<void>,
): Promise<void> {
  await page.goto(`/console${path}`);
  const empty = page.locator('.empty', { has: page.getByRole('heading', { name: says }) });
  await expect(empty, path).toBeVisible();
  // It teaches: a sentence at least.
  await expect(empty.locator('p'), path).toHaveText(/\w{3}.*\./);
  const step = empty.getByRole('button').or(empty.getByRole('link'));
  await expect(step, path).toHaveText(button);
  await look?.();
  await step.click();
  if (leads instanceof RegExp) await expect(page, path).toHaveURL(leads);
  else await expect(page.getByRole('dialog', { name: leads.dialog }), path).toBeVisible();
}

test('every page of an account that has nothing teaches one next step', async ({
  page,
  server,
  accessible,
}) => {
  test.setTimeout(120_000);
  const first = await server.account('20000002');
  await signIn(page, first.loginName, first.password, '20000002');
  for (const empty of NOTHING) {
    await follow(page, empty, accessible);
  }
  // Whoever looks at these is there, and did something.
  await page.goto('/console/settings/users');
  await expect(page.getByRole('rowheader', { name: /, you/ })).toBeVisible();
  await page.goto('/console/settings/audit');
  await expect(page.getByRole('button', { name: /signed in/ }).first()).toBeVisible();
});

test('every page of a lambda that was only saved teaches one next step', async ({
  page,
  server,
}) => {
  test.setTimeout(120_000);
  const id = '20000003';
  const first = await server.account(id);
  const implementation = {
    code: 'function lambda(input, callback) { callback(null, 1); }',
    dependencies: [],
    environmentVariables: [],
  };
  await fetch(`${server.url}/api/account/${id}/lambdas`, {
    method: 'POST',
    headers: { authorization: `Bearer ${first.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'idea', description: '', version: -1, implementation }),
  });
  await signIn(page, first.loginName, first.password, id);
  for (const empty of DRAFT) await follow(page, empty);
});

test('who may not take the next step is told who may', async ({ page, server }) => {
  const id = '20000004';
  const first = await server.account(id);
  const reader = { loginName: 'rita', displayName: 'Rita', permissions: ['developer'] };
  await fetch(`${server.url}/api/account/${id}/users`, {
    method: 'POST',
    headers: { authorization: `Bearer ${first.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ ...reader, password: 'correct horse battery' }),
  });
  await signIn(page, 'rita', 'correct horse battery', id);
  for (const [path, button] of [
    ['/settings/whitelist', 'Allow a host'],
    ['/settings/secrets', 'Add a secret'],
  ] as const) {
    await page.goto(`/console${path}`);
    const step = page.locator('.empty').getByRole('button', { name: button });
    await expect(step).toHaveAttribute('aria-disabled', 'true');
    await reached(step);
    await expect(page.getByRole('tooltip')).toContainText('This takes FaaS-Admin.');
  }
});
