// How long until the first view can be used? Prints the times of a first visit and of a later one, on
// loopback, with nothing cached: `npm run first-view`. For the eyes of people: nothing is compared.

import { stdout } from 'node:process';

import type { Page } from '@playwright/test';

import { test } from './fixtures';

const ROUNDS = 5;

/** Notes when something that can be used is there, by the page's own clock. */
async function watched(page: Page, selector: string): Promise<void> {
  await page.addInitScript((wanted) => {
    const look = (): void => {
      if (document.querySelector(wanted)) performance.mark('usable');
      else requestAnimationFrame(look);
    };
    look();
  }, selector);
}

async function usable(page: Page, path: string): Promise<{ usable: number; bytes: number }> {
  await page.goto(path);
  await page.waitForFunction(() => performance.getEntriesByName('usable').length > 0);
  return page.evaluate(() => {
    const files = performance.getEntriesByType('resource') as PerformanceResourceTiming[];
    const until = performance.getEntriesByName('usable')[0]?.startTime ?? NaN;
    const scripts = files.filter(({ name }) => /\.(js|css)$/.test(name));
    return {
      usable: until,
      bytes: scripts.reduce((sum, { encodedBodySize: size }) => sum + size, 0),
    };
  });
}

function told(what: string, rounds: { usable: number; bytes: number }[]): void {
  const times = rounds.map(({ usable: ms }) => Math.round(ms)).sort((a, b) => a - b);
  const median = times[Math.floor(times.length / 2)];
  const kilobytes = Math.round((rounds[0]?.bytes ?? 0) / 1000);
  stdout.write(
    `${what}: usable after ${median} ms (${times.join(', ')}), ${kilobytes} kB of scripts and styles\n`,
  );
}

test('how long the first view takes', async ({ browser, server, page, signIn }) => {
  test.setTimeout(120_000);
  const visits = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const context = await browser.newContext({ baseURL: server.url });
    const visitor = await context.newPage();
    await watched(visitor, 'main button, form button');
    visits.push(await usable(visitor, '/console/'));
    await context.close();
  }
  told('sign in', visits);

  await page.goto('/console/');
  await signIn();
  await watched(page, 'main[aria-label="Home"] section a');
  const client = await page.context().newCDPSession(page);
  await client.send('Network.setCacheDisabled', { cacheDisabled: true });
  const homes = [];
  for (let round = 0; round < ROUNDS; round += 1) homes.push(await usable(page, '/console/'));
  told('home, signed in, with its data', homes);
});
