// A person begins a lambda with a template, writes it, sees its mistakes, runs it and saves it.

import { expect, test } from '../fixtures';
import { code, open, ready, typeAfter } from '../lambdas';
import type { Server } from '../server';

const CODE = `async function lambda(input, callback) {
  console.info('called', input.payload);
  callback(null, { said: process.env.WORD });
}
`;

async function make(server: Server, name: string, code = CODE, more: object = {}): Promise<void> {
  const implementation = { code, environmentVariables: [] };
  await server.api('POST', '/lambdas', { name, version: -1, implementation, ...more });
}

test('a lambda is made of a template, edited, given a variable, run, and saved', async ({
  page,
  server,
  signIn,
  accessible,
}) => {
  await page.goto('/console/lambdas');
  await signIn();

  await test.step('the template is chosen with its code to read', async () => {
    await page.getByRole('link', { name: 'Create lambda' }).click();
    await page.getByRole('radio', { name: 'Conversational Command' }).check();
    const preview = page.getByRole('region', { name: 'Code of Conversational Command' });
    await expect(preview).toContainText('Please provide at least one argument');
    await accessible();
    await page.getByRole('button', { name: 'Next: Event' }).click();
  });

  await test.step('its event is chosen already', async () => {
    await expect(page.getByRole('radio', { name: /^Conversational Command/ })).toBeChecked();
    await accessible();
    await page.getByRole('button', { name: 'Next: Whitelist' }).click();
  });

  await test.step('a rule is checked while it is typed', async () => {
    const hosts = page.getByRole('textbox', { name: 'Hosts to allow' });
    await hosts.fill('https://api.example.com/path');
    await expect(page.getByText('the name of a host, without a path.')).toBeVisible();
    await hosts.fill('api.example.com');
    await accessible();
    await page.getByRole('button', { name: 'Next: Name' }).click();
  });

  await test.step('and so is the name', async () => {
    const name = page.getByRole('textbox', { name: 'Name', exact: true });
    await expect(name).toHaveValue('conversational-command');
    await name.fill('hello-world');
    await expect(page.getByText('There is a lambda called hello-world already.')).toBeVisible();
    await name.fill('two words');
    await expect(page.getByText('Letters, digits, “_” and “-” only.')).toBeVisible();
    await name.fill('my-command');
    await accessible();
    await page.getByRole('button', { name: 'Create lambda' }).click();
  });

  await test.step('the editor opens, and the rule is on the whitelist', async () => {
    await expect(page).toHaveURL(/\/lambdas\/my-command$/);
    await ready(page);
    await expect(page.getByText('It builds')).toBeVisible();
    const rules = (await server.api('GET', '/whitelist')) as { rule: string }[];
    expect(rules.map(({ rule }) => rule).join()).toContain('api.example.com');
    await accessible();
  });

  await test.step('a variable is set in the sidebar', async () => {
    await page.getByRole('button', { name: 'Add a variable' }).click();
    const dialog = page.getByRole('dialog', { name: 'Add a variable' });
    await dialog.getByRole('textbox', { name: 'Name' }).fill('WORD');
    await dialog.getByRole('textbox', { name: 'Value' }).fill('sand');
    await accessible();
    await dialog.getByRole('button', { name: 'Add' }).click();
    await expect(page.getByText('Changed, and not saved yet.')).toBeVisible();
  });

  await test.step('the code is changed, and run without being saved', async () => {
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.evaluate((text) => navigator.clipboard.writeText(text), CODE);
    await code(page).focus();
    await page.keyboard.press('Control+a');
    await page.keyboard.press('Control+v');
    await page.keyboard.press('Control+Enter');
    const report = page.getByRole('article', { name: 'Report of the run' });
    await expect(report).toContainText('Returned');
    await expect(report.getByRole('region', { name: 'What it called back with' })).toContainText(
      'said: "sand"',
    );
    await expect(report.getByRole('meter', { name: 'Fuel' })).toBeVisible();
    await report.locator('summary', { hasText: 'called' }).click();
    await expect(report).toContainText('conversationId: "4711"');
    await accessible();
  });

  await test.step('it is saved', async () => {
    await page.keyboard.press('Control+s');
    await expect(page.getByText('Saved as version 2.')).toBeVisible();
    await expect(page.getByText('Saved as v2')).toBeVisible();
    const saved = (await server.api('GET', '/lambdas/my-command')) as {
      implementation: { code: string; environmentVariables: unknown };
    };
    expect(saved.implementation.code).toBe(CODE);
    expect(saved.implementation.environmentVariables).toEqual([{ key: 'WORD', value: 'sand' }]);
    await expect(page.getByRole('link', { name: 'Deploy', exact: true })).toBeVisible();
    await page.keyboard.press('Control+s');
    await expect(page.getByText('Nothing was changed since it was saved.')).toBeVisible();
  });
});

test('an event that is taken is shown with its lambda, and cannot be chosen', async ({
  page,
  server,
  signIn,
}) => {
  await make(server, 'ttr-owner', CODE, { eventId: 'controllerbot_messaging_ttr' });
  await page.goto('/console/lambdas/new?template=messaging-ttr&step=event');
  await signIn();
  const taken = page.getByRole('radio', { name: /^Messaging TTR/ });
  await expect(taken).toBeDisabled();
  await expect(page.getByText('Taken. It can have 1 lambda, and has ttr-owner.')).toBeVisible();
  await expect(page.getByRole('radio', { name: /^No event/ })).toBeChecked();
});

test('a developer may create, and is told who may change the whitelist', async ({
  page,
  server,
  signIn,
  accessible,
}) => {
  const user = { loginName: 'dev', permissions: ['developer'], password: 'a long enough password' };
  await server.api('POST', '/users', user);
  await page.goto('/console/lambdas/new?template=http&step=whitelist');
  await signIn({ name: user.loginName, password: user.password });
  await expect(page.getByRole('textbox', { name: 'Hosts to allow' })).toBeDisabled();
  await expect(page.getByText('This takes FaaS-Admin.', { exact: false }).first()).toBeVisible();
  await accessible();
  await page.getByRole('button', { name: 'Next: Name' }).click();
  await expect(page.getByRole('button', { name: 'Create lambda' })).toBeEnabled();
});

test('a mistake is shown at its line while typing, and its line is led to', async ({
  page,
  server,
  signIn,
  accessible,
}) => {
  await make(server, 'mistaken');
  await page.goto('/console/lambdas');
  await signIn();
  await open(page, 'mistaken');
  await typeAfter(page, 'called', '\nconst broken = ;');

  const mistake = page.getByRole('button', { name: /3:\d+ Unexpected/ });
  await expect(mistake).toBeVisible();
  await expect(page.locator('.squiggly-error')).toBeVisible();
  await accessible();
  await page.keyboard.press('Control+Home');
  await mistake.click();
  await expect(page.getByText('Ln 3, Col 18')).toBeVisible();

  await test.step('it is not saved, and its line is said', async () => {
    await page.keyboard.press('Control+s');
    await expect(page.getByText(/mistaken was not saved\. Line 3: Unexpected/)).toBeVisible();
  });

  await test.step('running it says the same, with the line as a link', async () => {
    await page.keyboard.press('Control+Home');
    await page.getByRole('button', { name: /Run draft/ }).click();
    const report = page.getByRole('article', { name: 'Report of the run' });
    await expect(report).toContainText('Does not build');
    await report.getByRole('button', { name: /:3:/ }).click();
    await expect(page.getByText(/Ln 3, Col/)).toBeVisible();
  });

  await test.step('the failed build of what was saved is shown, too', async () => {
    const fails = `${CODE}\nnull.boom;\n`;
    await make(server, 'unbuilt', fails);
    await server.api('POST', '/deployments/unbuilt');
    await expect
      .poll(async () => ((await server.api('GET', '/lambdas/unbuilt')) as { state: string }).state)
      .toBe('Build Error');
    await open(page, 'unbuilt');
    await expect(page.getByRole('button', { name: /^6:\d+/ })).toBeVisible();
    await expect(page.locator('.squiggly-error')).toBeVisible();
  });
});

test('a thrown error leads to its line', async ({ page, server, signIn }) => {
  await make(
    server,
    'throws',
    'function lambda(input, callback) {\n  inner();\n}\n\nfunction inner() {\n  throw new TypeError("not this");\n}\n',
  );
  await page.goto('/console/lambdas');
  await signIn();
  await open(page, 'throws');
  await page.keyboard.press('Control+Enter');
  const report = page.getByRole('article', { name: 'Report of the run' });
  await expect(report).toContainText('TypeError: not this');
  await report.getByRole('list', { name: 'Stack' }).getByRole('button', { name: /:2:/ }).click();
  await expect(page.getByText(/Ln 2, Col/)).toBeVisible();

  await test.step('an address can name the line, too', async () => {
    await open(page, 'throws?line=6&column=9');
    await expect(page.getByText('Ln 6, Col 9')).toBeVisible();
  });
});

test('a name of the platform is refused while it is typed', async ({
  page,
  server,
  signIn,
  accessible,
}) => {
  await make(server, 'variables');
  await page.goto('/console/lambdas');
  await signIn();
  await open(page, 'variables');
  await page.getByRole('button', { name: 'Add a variable' }).click();
  const dialog = page.getByRole('dialog', { name: 'Add a variable' });
  await dialog.getByRole('textbox', { name: 'Name' }).fill('NODE_ENV');
  await expect(
    dialog.getByText('Variable name is reserved and thereby blocked for use.'),
  ).toBeVisible();
  await accessible();
  await dialog.getByRole('textbox', { name: 'Name' }).press('Enter');
  await expect(dialog).toBeVisible();

  await test.step('another one is taken, and the trash icon removes it', async () => {
    await dialog.getByRole('textbox', { name: 'Name' }).fill('MINE');
    await dialog.getByRole('button', { name: 'Add' }).click();
    await page.getByRole('button', { name: 'Remove MINE' }).click();
    await expect(page.getByRole('button', { name: 'Remove MINE' })).toHaveCount(0);
    await page.getByRole('button', { name: 'Undo' }).click();
    await expect(page.getByRole('button', { name: 'Remove MINE' })).toBeVisible();
  });
});

test('unsaved changes survive a reload, and can be discarded', async ({
  page,
  server,
  signIn,
  accessible,
}) => {
  await make(server, 'unsaved');
  await page.goto('/console/lambdas');
  await signIn();
  await open(page, 'unsaved');
  await typeAfter(page, 'called', ' // not saved');
  await page.reload();
  await ready(page);
  await expect(page.getByText('Your unsaved changes are back.')).toBeVisible();
  await expect(page.locator('.view-lines')).toContainText('// not saved');
  await accessible();

  await page.getByRole('button', { name: 'Discard' }).click();
  await expect(page.locator('.view-lines')).not.toContainText('// not saved');
  await page.reload();
  await ready(page);
  await expect(page.getByText('Saved as v1')).toBeVisible();
  await expect(page.getByText('Your unsaved changes are back.')).toHaveCount(0);

  await test.step('changes to an older version wait to be restored', async () => {
    await typeAfter(page, 'called', ' // older');
    await expect(page.getByText('Not saved', { exact: false })).toBeVisible();
    await page.goto('/console/lambdas');
    const implementation = { code: `// theirs\n${CODE}`, environmentVariables: [] };
    await server.api('PUT', '/lambdas/unsaved', { name: 'unsaved', version: 1, implementation });
    await open(page, 'unsaved');
    await expect(page.getByText('There are unsaved changes to version 1.')).toBeVisible();
    await expect(page.locator('.view-lines')).toContainText('// theirs');
    await page.getByRole('button', { name: 'Restore' }).click();
    await expect(page.locator('.view-lines')).toContainText('// older');
  });
});

test('who saves second sees both, and chooses', async ({ page, server, signIn, accessible }) => {
  await make(server, 'shared');
  await page.goto('/console/lambdas');
  await signIn();
  await open(page, 'shared');
  const theirs = async (version: number, word: string) => {
    const implementation = { code: `// ${word}\n${CODE}`, environmentVariables: [] };
    await server.api('PUT', '/lambdas/shared', { name: 'shared', version, implementation });
  };
  const dialog = page.getByRole('dialog', { name: 'Somebody else saved shared' });

  await test.step('theirs is taken', async () => {
    await theirs(1, 'theirs');
    await typeAfter(page, 'called', ' // mine');
    await page.keyboard.press('Control+s');
    await expect(dialog).toContainText('version 2');
    await expect(dialog.locator('.monaco-diff-editor .view-line').first()).toBeVisible();
    await accessible();
    await dialog.getByRole('button', { name: 'Take theirs' }).click();
    await expect(page.locator('.view-lines')).toContainText('// theirs');
    await expect(page.getByText('Saved as v2')).toBeVisible();
  });

  await test.step('mine is kept', async () => {
    await theirs(2, 'again');
    await typeAfter(page, 'called', ' // mine again');
    await page.keyboard.press('Control+s');
    await dialog.getByRole('button', { name: 'Keep mine and save' }).click();
    await expect(page.getByText('Saved as version 4.')).toBeVisible();
    const saved = (await server.api('GET', '/lambdas/shared')) as {
      implementation: { code: string };
    };
    expect(saved.implementation.code).toContain('// mine again');
  });
});

test('names of packages and types of the toolbelt are completed', async ({
  page,
  server,
  signIn,
}) => {
  test.setTimeout(120_000);
  await make(server, 'completed', CODE, { eventId: 'conversational_command' });
  await page.goto('/console/lambdas');
  await signIn();
  await open(page, 'completed');
  const suggestion = (name: string | RegExp) =>
    page.locator('.suggest-widget').getByRole('option', { name }).first();
  const patiently = { timeout: 30_000 };

  await test.step('require completes what lambdas have, and not what they lack', async () => {
    await typeAfter(page, 'called', "\nconst { Toolbelt } = require('");
    await expect(suggestion(/^lp-faas-toolbelt/)).toBeVisible(patiently);
    await expect(suggestion(/^lodash/)).toBeVisible();
    await page.keyboard.type('c');
    await expect(suggestion(/^child_process/)).toHaveCount(0);
    await page.keyboard.press('Backspace');
    await page.keyboard.type('lp-f');
    await expect(suggestion(/^lp-faas-toolbelt/)).toBeVisible();
    await page.keyboard.press('Enter');
    await page.keyboard.press('End');
    await page.keyboard.type(';');
    await expect(page.locator('.view-lines')).toContainText("require('lp-faas-toolbelt');");
  });

  await test.step('the toolbelt has its types, with signatures', async () => {
    await page.keyboard.type('\nToolbelt.SecretClient().');
    await expect(suggestion(/^readSecret/)).toBeVisible(patiently);
    await page.keyboard.type('readSecret(');
    await expect(page.locator('.parameter-hints-widget')).toContainText('key: string', patiently);
    await page.keyboard.press('Escape');
    await page.keyboard.press('End');
  });

  await test.step('a package has its types once it is named', async () => {
    await page.keyboard.type("\nrequire('lodash').chun");
    await expect(suggestion(/^chunk/)).toBeVisible(patiently);
    await page.keyboard.press('Escape');
  });

  await test.step('the event’s fields, and Node.js', async () => {
    await page.keyboard.type('\ninput.payload.');
    await expect(suggestion(/^conversationId/)).toBeVisible(patiently);
    await page.keyboard.press('Escape');
    await page.keyboard.type('conversationId;\nBuffer.from');
    await expect(suggestion(/^from/)).toBeVisible(patiently);
    await page.keyboard.press('Escape');
  });

  await test.step('a snippet is offered by its title', async () => {
    await page.keyboard.type('\nRead');
    await expect(suggestion(/^Read Secret/)).toBeVisible(patiently);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Insert a snippet' }).click();
    await page.getByRole('menuitem', { name: 'Read Secret' }).click();
    await expect(page.locator('.view-lines')).toContainText('readSecret');
  });
});

test('who may not change a lambda reads it, and is told who may', async ({
  page,
  server,
  signIn,
  accessible,
}) => {
  const user = { loginName: 'boss', permissions: ['admin'], password: 'a long enough password' };
  await server.api('POST', '/users', user);
  await page.goto('/console/lambdas');
  await signIn({ name: user.loginName, password: user.password });
  await open(page, 'hello-world');
  await expect(page.getByText('You can read this, and not change it.')).toBeVisible();
  await typeAfter(page, 'lambda', 'typed');
  await expect(page.locator('.view-lines')).not.toContainText('typed');
  await expect(page.getByRole('button', { name: 'Run draft' })).toBeDisabled();
  await page.getByRole('button', { name: 'Add a variable' }).hover();
  await expect(page.getByRole('tooltip')).toContainText('This takes FaaS-Developer.');
  await accessible();
});

test('the document is formatted from the context menu', async ({ page, server, signIn }) => {
  await make(server, 'untidy', 'function lambda(a,b){b(null,"x")}');
  await page.goto('/console/lambdas');
  await signIn();
  await open(page, 'untidy');
  await page.locator('.view-line').first().click({ button: 'right' });
  const format = page.getByRole('menuitem', { name: /Format Document/ });
  await expect(format).toBeVisible();
  // In its first tenth of a second Monaco's menu takes no click, so that the one that opened it does not choose.
  await expect(async () => {
    if (await format.isVisible()) await format.click({ timeout: 1000 });
    await expect(format).toHaveCount(0, { timeout: 1000 });
  }).toPass();
  await expect(page.locator('.view-line').nth(1)).toHaveText("  b(null, 'x');");
});

test('what is in the editor is compared with what is deployed', async ({
  page,
  signIn,
  accessible,
}) => {
  await page.goto('/console/lambdas');
  await signIn();
  await open(page, 'hello-world');
  await typeAfter(page, 'lambda', ' // changed');
  await page.getByRole('button', { name: 'Compare with what is deployed' }).click();
  const comparison = page.getByRole('region', { name: 'Comparison with what is deployed' });
  await expect(comparison.locator('.line-insert').first()).toBeVisible();
  await accessible();
  await comparison.getByRole('button', { name: 'Back to the code' }).click();
  await expect(comparison).toHaveCount(0);
});

test('the sidebar folds away and is remembered; on a phone it is a sheet', async ({
  page,
  signIn,
  accessible,
}) => {
  await page.goto('/console/lambdas');
  await signIn();
  await open(page, 'hello-world');
  const aside = page.getByRole('complementary', { name: 'Settings and payload' });
  await expect(aside.getByRole('link', { name: /lodash at npm/ })).toHaveAttribute(
    'href',
    /npmjs\.com\/package\/lodash\/v\/4\.17\.21/,
  );
  await page.getByRole('button', { name: 'Hide the sidebar' }).click();
  await page.reload();
  await ready(page);
  await expect(aside).toHaveCount(0);

  await page.setViewportSize({ width: 390, height: 844 });
  await page.getByRole('button', { name: 'Show the sidebar' }).click();
  const sheet = page.getByRole('dialog', { name: 'hello-world' });
  await sheet.getByRole('tab', { name: 'Payload' }).click();
  await expect(sheet).toContainText('can be any JSON');
  await accessible();
});

test('the settings of a lambda are changed, and it is taken down and deleted', async ({
  page,
  server,
  signIn,
  accessible,
}) => {
  await make(server, 'ending');
  await server.api('POST', '/deployments/ending');
  await page.goto('/console/lambdas/ending/settings');
  await signIn();
  await page.getByRole('textbox', { name: 'Description' }).fill('Ends soon.');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('The settings of ending are saved.')).toBeVisible();
  await accessible();

  await page.getByRole('button', { name: 'Undeploy…' }).click();
  await expect(page.getByRole('dialog', { name: 'Undeploy ending?' })).toBeVisible();
  await page.getByRole('dialog').getByRole('button', { name: 'Undeploy' }).click();
  await expect(page.getByText('ending is undeployed.', { exact: false })).toBeVisible();
  await page.getByRole('button', { name: 'Delete…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await expect(page.getByText('ending is deleted.')).toBeVisible();
  await expect(page).toHaveURL(/\/console\/lambdas$/);
});
