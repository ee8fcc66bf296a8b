// The walk of the README's section "Or in the browser", by its own words, in less than two minutes.

import type { Page } from '@playwright/test';

import { expect, test } from '../fixtures';
import { code, invoked, pasted, ready } from '../lambdas';

/** Its table is made when it is built, which takes a moment in which one can look. */
const CODE = `const squares = [];
for (let n = 0; n < 2_000_000; n += 1) squares[n % 100] = n * n;

async function lambda(input, callback) {
  const { name = 'nobody' } = input.payload;
  console.info('greeting', { name, squares: squares.length });
  callback(null, { message: \`\${process.env.WORD}, \${name}!\` });
}
`;

/** Writes down which step of a deployment is under way, each time that the page says something else. */
async function watchSteps(page: Page): Promise<() => Promise<string[]>> {
  await page.evaluate(() => {
    const seen: string[] = [];
    const look = () => {
      const step = document.querySelector('ol[aria-label^="Steps"] [aria-current=step] .label');
      const now = step?.textContent?.trim();
      if (now && seen.at(-1) !== now) seen.push(now);
    };
    const options = { subtree: true, childList: true, attributes: true, characterData: true };
    new MutationObserver(look).observe(document.body, options);
    Object.assign(window, { seenSteps: seen });
  });
  return () => page.evaluate(() => (window as unknown as { seenSteps: string[] }).seenSteps);
}

test('a newcomer writes, deploys and invokes a lambda in less than two minutes', async ({
  page,
  server,
  signIn,
  accessible,
}) => {
  // The README's promise is the timeout of this story.
  test.setTimeout(120_000);
  await page.goto('/console/');
  await signIn();

  await test.step('1. Lambdas, Create lambda: a template, an event, hosts, a name', async () => {
    await page.getByRole('link', { name: 'Lambdas' }).click();
    await page.getByRole('link', { name: 'Create lambda' }).click();
    await page.getByRole('radio', { name: 'Greeting' }).check();
    await page.getByRole('button', { name: 'Next: Event' }).click();
    await page.getByRole('button', { name: 'Next: Whitelist' }).click();
    await page.getByRole('button', { name: 'Next: Name' }).click();
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill('my-first');
    await page.getByRole('button', { name: 'Create lambda' }).click();
    await ready(page);
  });

  await test.step('2. Change the code, Add a variable, Run draft', async () => {
    await pasted(page, code(page), CODE);
    await page.getByRole('button', { name: 'Add a variable' }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('WORD');
    await page.getByRole('textbox', { name: 'Value' }).fill('Welcome');
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await code(page).focus();
    await page.keyboard.press('ControlOrMeta+Enter');
    const report = page.getByRole('article', { name: 'Report of the run' });
    await expect(report).toContainText(/Welcome, \w+!/);
  });

  await test.step('3. Save, Deploy, Approve & Deploy: its states go by', async () => {
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await expect(page.getByText('Saved as version 2.')).toBeVisible();
    await page.getByRole('link', { name: 'Deploy', exact: true }).click();
    await expect(page.getByText('Welcome', { exact: true })).toBeVisible();
    const seen = await watchSteps(page);
    await page.getByRole('button', { name: 'Approve & Deploy' }).click();
    await expect(page.getByText('my-first v2 is live.')).toBeVisible();
    // Each takes milliseconds: some may come at once.
    const order = ['Build Finish', 'Deploy Start', 'Deploy Finish'];
    const went = await seen();
    expect(went).toEqual(order.filter((step) => went.includes(step)));
    const steps = page.getByRole('list', { name: 'Steps of the deployment' });
    await expect(steps.getByRole('listitem')).toHaveText([
      /Build Start\s*done/,
      /Build Finish\s*done/,
      /Deploy Start\s*done/,
      /Deploy Finish\s*done/,
    ]);
  });

  await test.step('4. Invoke: what it returned, logged and used', async () => {
    await page.getByRole('link', { name: 'Invoke it' }).click();
    const input = page.getByRole('textbox', { name: 'Input' });
    await input.waitFor({ state: 'attached', timeout: 30_000 });
    await pasted(page, input, '{"headers": [], "payload": {"name": "Ada"}}');
    await page.getByRole('button', { name: 'Invoke', exact: true }).click();
    const output = page.getByRole('region', { name: 'Output' });
    await expect(output).toContainText('Welcome, Ada!');
    const logs = output.getByRole('region', { name: 'Logs' });
    await logs.locator('summary', { hasText: 'greeting' }).click();
    await expect(logs).toContainText('name: "Ada"');
    await accessible();
  });

  await test.step('Logs: what it says when a system invokes it', async () => {
    expect(await invoked(server, 'my-first', { name: 'Bob' })).toEqual({
      message: 'Welcome, Bob!',
    });
    await page.getByRole('link', { name: 'Logs' }).last().click();
    const line = page.getByText('greeting').first();
    await expect(line).toBeVisible();
  });
});
