// When does the clock invoke which lambda? In words, as the next times, and as what came of it.

import { expect, test } from '../fixtures';
import { reached } from '../keyboard';
import { CHATTY, live } from '../lambdas';

test('a cron is told in words with its next runs, and what is wrong with one is said while typing', async ({
  page,
  signIn,
  server,
  accessible,
}) => {
  await live(server, 'morning', CHATTY);
  await page.goto('/console/schedules');
  await signIn();
  await page.getByRole('button', { name: 'Add a schedule' }).first().click();
  const dialog = page.getByRole('dialog', { name: 'Add a schedule' });
  await dialog.getByLabel('Lambda').selectOption({ label: 'morning' });
  const when = dialog.getByRole('textbox', { name: 'When' });
  const save = dialog.getByRole('button', { name: 'Save' });

  for (const [cron, why] of [
    ['61 * * * *', /minute/i],
    ['* * * *', /field/i],
    ['0 6 * * funday', /funday|day/i],
  ] as const) {
    await when.fill(cron);
    await expect(when).toHaveAttribute('aria-invalid', 'true');
    await expect(when).toHaveAccessibleDescription(why);
    await expect(save).toHaveAttribute('aria-disabled', 'true');
  }
  await accessible();

  await when.fill('30 6 * * 1-5');
  await expect(dialog.getByText('At 06:30, Monday through Friday')).toBeVisible();
  const next = dialog.getByRole('list', { name: 'The next runs, in local time' });
  await expect(next.getByRole('listitem')).toHaveCount(5);
  // The browser is in Berlin, the schedule is in UTC: an hour or two later.
  await expect(next.getByRole('listitem').first()).toHaveText(/0[78]:30:00.*06:30:00 UTC$/);
  await dialog.getByLabel('Time zone').selectOption('Europe/Berlin');
  await expect(next.getByRole('listitem').first()).toHaveText(/06:30:00.*0[45]:30:00 UTC$/);
  await expect(when).not.toHaveAttribute('aria-invalid', 'true');

  const payload = dialog.getByRole('textbox', { name: 'Payload' });
  await payload.fill('{"order": 7');
  await expect(payload).toHaveAccessibleDescription(/This is not JSON/);
  await expect(save).toHaveAttribute('aria-disabled', 'true');
  await payload.fill('{"order": 7}');
  await dialog.getByRole('textbox', { name: 'Description' }).fill('Counts the parcels');
  await save.click();

  const row = page.getByRole('row', { name: /morning/ });
  await expect(row).toContainText('At 06:30, Monday through Friday');
  await expect(row).toContainText('Europe/Berlin');
  await expect(row).toContainText('Counts the parcels');
  await row.locator('time').last().hover();
  await expect(page.getByRole('tooltip')).toContainText(/0[45]:30:00 UTC$/);
  await page.mouse.move(0, 0);
  await reached(row.locator('time').last());
  await expect(page.getByRole('tooltip')).toContainText(/UTC$/);

  await row.getByRole('button', { name: 'Actions' }).click();
  await page.getByRole('menuitem', { name: 'Edit' }).click();
  const edit = page.getByRole('dialog', { name: 'Edit the schedule' });
  await expect(edit.getByRole('textbox', { name: 'Payload' })).toHaveValue(/"order": 7/);
  await expect(edit.getByRole('textbox', { name: 'When' })).toHaveValue('30 6 * * 1-5');
  await edit.getByRole('button', { name: 'Cancel' }).click();

  await row.getByRole('button', { name: 'Actions' }).click();
  await page.getByRole('menuitem', { name: 'Pause' }).click();
  await expect(row.getByText('Paused')).toBeVisible();
  await row.getByRole('button', { name: 'Actions' }).click();
  await page.getByRole('menuitem', { name: 'Go on' }).click();
  await expect(row.getByText('Active')).toBeVisible();
});

test('a run is in the history, with its payload in the logs of the lambda', async ({
  page,
  signIn,
  server,
}) => {
  // The next full minute is a minute away at most.
  test.setTimeout(150_000);
  await live(server, 'minutely', CHATTY);
  await server.api('POST', '/schedules', {
    lambdaUUID: 'minutely',
    cronExpression: '* * * * *',
    invocationBody: { headers: [], payload: { order: 4711 } },
  });
  await page.goto('/console/schedules');
  await signIn();
  const row = page.getByRole('row', { name: /minutely/ });
  await expect(row).toContainText('Every minute');
  await row.getByRole('button', { name: 'Actions' }).click();
  await page.getByRole('menuitem', { name: 'Runs' }).click();
  const runs = page.getByRole('dialog', { name: 'Runs of minutely' });
  // It appears by itself.
  await expect(runs.getByText('Succeeded').first()).toBeVisible({ timeout: 90_000 });
  await runs.getByRole('link', { name: 'its logs' }).first().click();
  const entries = page.getByRole('list', { name: 'Log entries' });
  await entries.locator('summary', { hasText: 'looking for' }).click();
  await expect(entries.getByText('"order": 4711')).toBeVisible();
});
