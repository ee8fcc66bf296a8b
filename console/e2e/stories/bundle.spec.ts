// What does the first view cost, and whose work is in it?

import { expect, test } from '../fixtures';

test('the editor is fetched when one opens, and not before', async ({ page, signIn }) => {
  const monaco: string[] = [];
  page.on('request', (request) => {
    if (/\/monaco-/.test(request.url())) monaco.push(request.url());
  });
  await page.goto('/console/');
  await signIn();
  await expect(page.getByRole('heading', { name: 'Quota' })).toBeVisible();
  await page.getByRole('link', { name: 'Lambdas' }).click();
  await page.getByRole('link', { name: 'hello', exact: true }).first().waitFor();
  expect(monaco).toEqual([]);

  await page.getByRole('link', { name: 'hello', exact: true }).first().click();
  await expect(page.locator('.monaco-editor').first()).toBeVisible();
  expect(monaco).not.toEqual([]);
});

test('the notices of all that the console is made of come with it', async ({ page }) => {
  const answer = await page.request.get('/console/licenses.txt');
  expect(answer.headers()['content-type']).toContain('text/plain');
  const text = await answer.text();
  for (const name of ['@fontsource-variable/jetbrains-mono', '@lucide/svelte', 'monaco-editor'])
    expect(text).toContain(`${name} `);
  expect(text).toContain('SIL OPEN FONT LICENSE Version 1.1');
});
