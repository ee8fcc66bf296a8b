// The user guide's table of permissions, cell by cell, as the console shows it: what somebody may do is
// there, and what they may not do says who may.

import type { Locator, Page } from '@playwright/test';

import { expect, test } from '../fixtures';
import type { Server } from '../server';

const PASSWORD = 'correct horse battery';
const ROLES = ['admin', 'developer', 'invocation'] as const;
type Role = (typeof ROLES)[number];

interface Row {
  what: string;
  /** FaaS-Admin, FaaS-Developer, FaaS-Invocation. */
  may: [boolean, boolean, boolean];
  path: string;
  /** What does it, or what is read. */
  does: (page: Page) => Locator;
  /** What has to be opened first, where the page can be seen. */
  open?: (page: Page) => Promise<void>;
}

const button = (name: string | RegExp) => (page: Page) =>
  page
    .getByRole('main')
    .or(page.getByRole('banner'))
    .or(page.locator('header'))
    .getByRole('button', { name })
    .first();
const table = (name: string) => (page: Page) => page.getByRole('table', { name }).first();

const openMenu = async (page: Page) => {
  await page.getByRole('button', { name: 'Actions for SHOP' }).click();
};

const TABLE: Row[] = [
  {
    what: 'lambda read',
    may: [true, true, false],
    path: '/lambdas',
    does: table('Productive lambdas'),
  },
  {
    what: 'lambda create/edit/delete',
    may: [false, true, false],
    path: '/lambdas',
    does: (page) => page.getByText('Create lambda').first(),
  },
  {
    what: 'lambda deploy',
    may: [false, true, false],
    path: '/deployments',
    does: button('Create deployment'),
  },
  {
    what: 'lambda invoke',
    may: [false, true, true],
    path: '/lambdas/hello-world/invoke',
    does: button('Invoke'),
  },
  {
    what: 'whitelist create/edit/delete',
    may: [true, false, false],
    path: '/settings/whitelist',
    does: button('Allow a host'),
  },
  {
    what: 'whitelist read',
    may: [true, true, false],
    path: '/settings/whitelist',
    does: (page) => page.getByRole('rowheader', { name: 'https://shop.example' }),
  },
  {
    what: 'secret create/edit/delete',
    may: [true, false, false],
    path: '/settings/secrets',
    does: button('Add a secret'),
  },
  {
    what: 'secret read plain',
    may: [true, false, false],
    path: '/settings/secrets',
    does: (page) => page.getByRole('menuitem', { name: 'Show the value' }),
    open: openMenu,
  },
  {
    what: 'secret read crypted',
    may: [true, true, false],
    path: '/settings/secrets',
    does: (page) => page.getByRole('rowheader', { name: 'SHOP' }),
  },
];

/** Whether it is there and can be done, is there and says why not, or the page itself says why not. */
async function cell(page: Page, row: Row): Promise<'may' | 'refused'> {
  const closed = page.getByRole('heading', { name: 'You may not see this' });
  const shown = page.getByRole('main');
  await expect(
    closed.or(row.open ? page.getByRole('rowheader') : row.does(page)).first(),
    row.what,
  ).toBeVisible();
  if (await closed.isVisible()) {
    await expect(shown).toContainText(/This takes FaaS-(Admin|Developer)/);
    return 'refused';
  }
  await row.open?.(page);
  const control = row.does(page);
  const off = await control.evaluate((element) => element.closest('[aria-disabled=true]') !== null);
  if (!off) return 'may';
  await control.hover();
  await expect(page.getByRole('tooltip'), row.what).toContainText(
    /This takes FaaS-(Admin|Developer)/,
  );
  return 'refused';
}

for (const [column, role] of ROLES.entries()) {
  test(`the table of permissions holds for FaaS-${role}`, async ({
    page,
    server,
    signIn,
    accessible,
  }) => {
    test.setTimeout(180_000);
    await user(server, role);
    await server.api('PUT', `/whitelist/${encodeURIComponent('https://shop.example')}`);
    await server.api('PUT', '/secrets/SHOP', { value: 'open sesame' });
    await page.goto('/console/');
    await signIn({ name: `only-${role}`, password: PASSWORD });
    for (const row of TABLE) {
      await test.step(row.what, async () => {
        const own = role === 'invocation' && row.what === 'lambda invoke';
        await page.goto(`/console${own ? '/invoke?lambda=hello-world' : row.path}`);
        expect(await cell(page, row), row.what).toBe(row.may[column] ? 'may' : 'refused');
      });
    }
    await accessible();
  });
}

test('who may only invoke is led there, invokes by name, and is told why the rest is not theirs', async ({
  page,
  server,
  signIn,
  accessible,
}) => {
  await user(server, 'invocation');
  await page.goto('/console/');
  await signIn({ name: 'only-invocation', password: PASSWORD });
  await expect(page.getByRole('heading', { name: 'You may not see this' })).toBeVisible();
  await expect(page.getByText('This takes FaaS-Admin or FaaS-Developer.').first()).toBeVisible();
  const places = page.getByRole('navigation', { name: 'Places' });
  for (const name of ['Home', 'Logs', 'Settings'])
    await expect(places.getByRole('link', { name })).toHaveAttribute('aria-disabled', 'true');
  await expect(places.getByRole('link', { name: 'Schedules' })).not.toHaveAttribute(
    'aria-disabled',
  );
  await accessible();

  await page.getByRole('link', { name: 'Invoke a lambda' }).click();
  await page.getByRole('textbox', { name: 'Lambda' }).fill('hello-world');
  await page.getByRole('button', { name: 'Choose' }).click();
  await page.getByRole('button', { name: 'Invoke', exact: true }).click();
  await expect(page.getByRole('article', { name: 'Report of the run' })).toBeVisible();
  await accessible();
  await page.getByRole('textbox', { name: 'Lambda' }).fill('no-such-lambda');
  await page.getByRole('button', { name: 'Choose' }).click();
  await page.getByRole('button', { name: 'Invoke', exact: true }).click();
  await expect(page.getByRole('region', { name: 'Output' }).getByRole('alert')).toContainText(
    'It was not invoked.',
  );

  await page.goto('/console/schedules');
  await expect(page.getByRole('heading', { name: 'Schedules' })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Add a schedule' }).first()).toHaveAttribute(
    'aria-disabled',
    'true',
  );
});

async function user(server: Server, role: Role): Promise<void> {
  const loginName = `only-${role}`;
  const known = (await server.api('GET', '/users')) as { loginName: string }[];
  if (known.some((one) => one.loginName === loginName)) return;
  await server.api('POST', '/users', { loginName, permissions: [role], password: PASSWORD });
}
