// Is every page fit to be seen? In both themes, wide and narrow, as the pictures show it; none lacks one.

import type { Page } from '@playwright/test';

import { expect, test } from '../fixtures';
import { folders, pathsOf, shots, shotsOf, shows } from '../routes';
import { fill } from '../sample';
import type { Shot } from '../shots';

const WIDE = { width: 1440, height: 900 };
const NARROW = { width: 360, height: 740 };

test.use({ contextOptions: { reducedMotion: 'reduce' } });

/** The first picture of each page: the page as it comes. */
async function pages(): Promise<Shot[]> {
  const lists = await Promise.all(folders().map(shotsOf));
  return lists.flatMap(([first]) => (first ? [first] : []));
}

async function shown(page: Page, shot: Shot): Promise<void> {
  await page.goto(`/console${shot.path}`);
  await page.locator(shot.ready).first().waitFor();
  await shot.before?.(page);
  await expect(page.getByText(/^Loading /)).toHaveCount(0);
}

/** How far the page is wider than the window, and by what. */
async function sideways(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    const main = document.querySelector('main');
    const wide = scrollWidth > clientWidth || (main && main.scrollWidth > main.clientWidth);
    if (!wide) return [];
    const out = [...document.querySelectorAll('body *')].filter(
      (element) => element.getBoundingClientRect().right > innerWidth + 1,
    );
    return [location.pathname, ...out.slice(0, 3).map(({ outerHTML }) => outerHTML.slice(0, 120))];
  });
}

/** Whether the heading of the page is there in full. */
async function cutTitle(page: Page): Promise<string | undefined> {
  const title = page.getByRole('heading', { level: 1 });
  const cut = await title.evaluate((heading) => heading.scrollWidth > heading.clientWidth);
  return cut ? ((await title.textContent()) ?? '') : undefined;
}

test('every page has a picture, and every picture is of a page', async () => {
  const paths = folders().flatMap((folder) => {
    const own = pathsOf(folder);
    expect(own, `${folder}/route.ts`).not.toEqual([]);
    return own;
  });
  const all = await shots();
  for (const path of paths) {
    expect(all.filter((shot) => shows(shot, path)).length, `pictures of ${path}`).toBeGreaterThan(
      0,
    );
  }
  for (const shot of all) {
    expect(paths.filter((path) => shows(shot, path)).length, shot.name).toBeGreaterThan(0);
  }
  expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
});

/** Waits until what was changed is to be seen: what is out of sight gets its colours later. */
async function drawn(page: Page): Promise<void> {
  await page.evaluate(
    () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))),
  );
}

test('every page comes whole in both themes, and axe finds nothing', async ({
  page,
  server,
  signIn,
  accessible,
}) => {
  test.setTimeout(300_000);
  await fill(server);
  await page.setViewportSize(WIDE);
  await page.goto('/console/');
  await signIn();
  for (const shot of await pages()) {
    await test.step(shot.name, async () => {
      await shown(page, shot);
      await expect(page.getByRole('alert').filter({ hasText: 'could not' })).toHaveCount(0);
      await accessible();
      // What else axe looks at is the same in both themes.
      await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
      await drawn(page);
      await accessible('color-contrast');
      await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
    });
  }
});

test('no page scrolls sideways at 360 pixels, no title is cut, and axe finds nothing', async ({
  page,
  server,
  signIn,
  accessible,
}) => {
  test.setTimeout(300_000);
  await fill(server);
  await page.setViewportSize(NARROW);
  await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
  await page.goto('/console/');
  await accessible();
  await signIn();
  for (const shot of await pages()) {
    await test.step(shot.name, async () => {
      await shown(page, shot);
      expect(await sideways(page)).toEqual([]);
      expect(await cutTitle(page)).toBeUndefined();
      await accessible();
    });
  }
});

test('whatever is pictured can be done', async ({ page, server, signIn }) => {
  test.setTimeout(300_000);
  await fill(server);
  await page.setViewportSize(WIDE);
  await page.goto('/console/');
  await signIn();
  for (const shot of await shots()) {
    await test.step(shot.name, async () => shown(page, shot));
  }
});

test('while a page waits it says for what', async ({ page, signIn }) => {
  test.setTimeout(180_000);
  await page.goto('/console/');
  await signIn();
  let hold = false;
  await page.route('**/api/account/**', async (route) => {
    if (!hold || route.request().url().endsWith('/me')) return route.continue();
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    await route.continue().catch(() => undefined);
  });
  hold = true;
  for (const path of [
    '/',
    '/lambdas',
    '/deployments',
    '/lambdas/hello-world',
    '/lambdas/hello-world/metrics',
    '/logs',
    '/schedules',
    '/settings/whitelist',
    '/settings/secrets',
    '/settings/apps',
    '/settings/users',
    '/settings/audit',
  ]) {
    await page.goto(`/console${path}`);
    const waits = page.getByRole('status').filter({ hasText: /^\s*(Loading|Searching) [a-z]/ });
    await expect(waits.first(), path).toBeVisible({ timeout: 1_400 });
  }
  hold = false;
});
