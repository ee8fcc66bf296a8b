// How does it look? Every picture that pages ask for, in both themes, wide and narrow, into
// target/console/screenshots. For the eyes of people: nothing is compared.

import { join } from 'node:path';

import { test } from './fixtures';
import { shots } from './routes';
import { fill } from './sample';
import type { Shot } from './shots';

const FOLDER = join(import.meta.dirname, '../../target/console/screenshots');
const WIDTHS = [
  { width: 1440, height: 900 },
  { width: 390, height: 844 },
];

/** Set to parts of names to take only those: `ONLY=lambdas,home npm run screenshots`. */
const only = (process.env['ONLY'] ?? '').split(',');

async function wanted(): Promise<Shot[]> {
  return (await shots()).filter(({ name }) => only.some((part) => name.includes(part)));
}

test.beforeAll(async ({ server }) => {
  await fill(server);
});

for (const size of WIDTHS) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test.describe(`${size.width} ${colorScheme}`, () => {
      test.use({ viewport: size, colorScheme, contextOptions: { reducedMotion: 'reduce' } });

      test('every page', async ({ page, signIn }) => {
        test.setTimeout(240_000);
        const picture = (name: string) =>
          page.screenshot({ path: join(FOLDER, `${name}-${size.width}-${colorScheme}.png`) });

        await page.goto('/console/');
        await page.getByRole('button', { name: 'Sign in' }).waitFor();
        await picture('sign-in');
        await signIn();
        for (const shot of await wanted()) {
          await page.goto(`/console${shot.path}`);
          await page.locator(shot.ready).first().waitFor();
          await shot.before?.(page);
          // Words such as "Loading" come a moment later, and go when the data is there.
          await page.waitForLoadState('networkidle');
          await picture(shot.name);
        }
      });
    });
  }
}
