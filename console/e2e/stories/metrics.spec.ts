// How fast is a lambda, and what does it take? The charts, and the figures in the tables behind them.

import { duration } from '../../src/lib/time';
import { bytes, count } from '../../src/lib/units';
import { expect, test } from '../fixtures';
import { live, tried, withinMinute } from '../lambdas';

const METERED = `
function lambda(input, callback) {
  let sum = 0;
  for (let i = 0; i < input.payload.rounds; i += 1) sum += i;
  callback(null, sum);
}`;

interface Run {
  outcome: unknown;
  usage: { fuel: number; memoryPeak: number; wallMs: number };
}

test('the tables behind the charts have the time, the fuel and the memory of what ran', async ({
  page,
  signIn,
  server,
  accessible,
}) => {
  await live(server, 'metered', METERED);
  const input = { payload: { rounds: 20_000 }, headers: [] };
  const { usage } = (await server.api('POST', '/lambdas/metered/run', input)) as Run;
  await page.goto('/console/lambdas/metered/metrics?span=1h');
  await signIn();
  const figures = async (chart: RegExp) => {
    const figure = page.getByRole('figure').filter({ has: page.getByRole('img', { name: chart }) });
    await expect(figure).toBeVisible({ timeout: 30_000 });
    await figure.getByText('As a table').click();
    await expect(figure.getByRole('rowheader')).toHaveText(/UTC/);
    return figure.getByRole('cell').allTextContents();
  };
  expect(await figures(/Invocations of metered/)).toEqual(['1']);
  expect(await figures(/Fuel/)).toEqual([count(usage.fuel)]);
  expect(await figures(/Memory/)).toEqual([bytes(usage.memoryPeak)]);

  const now = Date.now();
  const uuid = ((await server.api('GET', '/lambdas/metered')) as { uuid: string }).uuid;
  const span = `startTimestamp=${now - 3_600_000}&endTimestamp=${now}&bucketSize=300`;
  const { total } = (await server.api('GET', `/reports/performance/${uuid}?${span}`)) as {
    total: { p50Ms: number; p90Ms: number; p99Ms: number };
  };
  expect(await figures(/Time that/)).toEqual(
    [total.p50Ms, total.p90Ms, total.p99Ms].map((value) => duration(value)),
  );
  // A percentile is read from a histogram: at most a fifth too large.
  expect(total.p50Ms).toBeGreaterThanOrEqual(usage.wallMs * 0.5);
  await accessible();
});

test('of many invocations the percentiles differ, and no two of them look the same', async ({
  page,
  signIn,
  server,
}) => {
  await live(server, 'uneven', METERED);
  await withinMinute(15);
  for (let round = 0; round < 12; round += 1) await tried(server, 'uneven', { rounds: 10 });
  await tried(server, 'uneven', { rounds: 3_000_000 });
  await page.goto('/console/lambdas/uneven/metrics?span=1h');
  await signIn();
  const time = page.getByRole('figure').filter({ has: page.getByRole('img', { name: /Time/ }) });
  await expect(time).toBeVisible({ timeout: 30_000 });
  await time.getByText('As a table').click();
  const cells = await time.getByRole('cell').allTextContents();
  expect(cells).toHaveLength(3);
  expect(cells[0]).not.toEqual(cells[2]);
  for (const name of ['half (p50)', '9 of 10 (p90)', '99 of 100 (p99)'])
    await expect(time.locator('figcaption').getByText(name)).toBeVisible();
  const looks = (attribute: string, path: string) =>
    time
      .locator(`figcaption svg ${path}`)
      .evaluateAll((paths, name) => paths.map((one) => one.getAttribute(name)), attribute);
  expect(new Set(await looks('stroke-dasharray', 'path:first-child')).size).toBe(3);
  expect(new Set(await looks('d', 'path:last-child')).size).toBe(3);
  const sums = page.locator('dl', { hasText: 'Half are done within' });
  await expect(sums.locator('div', { hasText: 'Invocations' })).toContainText('13');
});

test('outgoing requests are charted, and what never ran teaches how to begin', async ({
  page,
  signIn,
  server,
}) => {
  await live(server, 'quiet', METERED);
  await page.goto('/console/lambdas/quiet/metrics');
  await signIn();
  await expect(page.getByText('quiet did not run in this time')).toBeVisible();
  await page.getByRole('main').getByRole('link', { name: 'Invoke it' }).click();
  await expect(page).toHaveURL(/\/lambdas\/quiet\/invoke$/);

  const asks = `const { Toolbelt } = require('lp-faas-toolbelt');
    async function lambda(input, callback) {
      const options = { simple: false, resolveWithFullResponse: true };
      const answer = await Toolbelt.HTTPClient()('${server.url}/healthz', options);
      callback(null, answer.statusCode);
    }`;
  await server.api('PUT', `/whitelist/${encodeURIComponent(new URL(server.url).host)}`);
  await live(server, 'charted', asks);
  await withinMinute(5);
  for (let index = 0; index < 2; index += 1) await tried(server, 'charted', {});
  await page.goto('/console/lambdas/charted/metrics?span=1h');
  const requests = page
    .getByRole('figure')
    .filter({ has: page.getByRole('img', { name: /HTTP requests/ }) });
  await requests.getByText('As a table').click();
  await expect(requests.getByRole('cell')).toHaveText('2');
});
