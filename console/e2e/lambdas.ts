// What do stories do with lambdas, behind the console's back and in its editor?

import { setTimeout } from 'node:timers/promises';

import type { Locator, Page } from '@playwright/test';

import type { Server } from './server';

/** What a story says of a lambda that it makes. */
interface More {
  eventId?: string;
  description?: string;
  variables?: Readonly<Record<string, string>>;
}

interface Made {
  uuid: string;
  version: number;
  state: string;
}

function implementationOf(code: string, variables: Readonly<Record<string, string>> = {}): object {
  const environmentVariables = Object.entries(variables).map(([key, value]) => ({ key, value }));
  return { code, dependencies: [], environmentVariables };
}

/** Says what it does, and fails for order 13. */
export const CHATTY = `
function lambda(input, callback) {
  console.info('looking for', { order: input.payload.order });
  console.warn('the warehouse is slow');
  if (input.payload.order === 13) {
    console.error('order 13 does not exist');
    return callback(new Error('no such order'));
  }
  callback(null, 'found ' + input.payload.order);
}`;

/** Makes a draft, as another client would. */
export async function drafted(
  server: Server,
  name: string,
  code: string,
  { variables, ...more }: More = {},
): Promise<Made> {
  const implementation = implementationOf(code, variables);
  const body = { name, version: -1, description: '', ...more, implementation };
  return (await server.api('POST', '/lambdas', body)) as Made;
}

/** Saves another text, as another client would. */
export async function saved(
  server: Server,
  name: string,
  version: number,
  code: string,
): Promise<void> {
  const body = { name, version, implementation: implementationOf(code) };
  await server.api('PUT', `/lambdas/${name}`, body);
}

/** Builds it and makes it live, in one call. */
export async function live(server: Server, name: string, code: string): Promise<Made> {
  return (await server.api('POST', '/deploy', { name, code, fileName: `${name}.js` })) as Made;
}

/** Begins a deployment of what was saved last, and waits until it is over. */
export async function deployed(server: Server, name: string): Promise<Made> {
  await server.api('POST', `/deployments/${name}`);
  for (;;) {
    const lambda = (await server.api('GET', `/lambdas/${name}`)) as Made & {
      lastDeployment: { deploymentState: string };
    };
    if (/Error|Deploy Finish/.test(lambda.lastDeployment.deploymentState)) return lambda;
    await setTimeout(50);
  }
}

/** Invokes it as a system outside does: its logs are kept. */
export async function invoked(server: Server, name: string, payload: unknown): Promise<unknown> {
  const path = `/lambdas/${name}/invoke?v=1&externalSystem=story`;
  return server.api('POST', path, { timestamp: 0, headers: [], payload });
}

/** The same, whether it fails or not. */
export async function tried(server: Server, name: string, payload: unknown): Promise<void> {
  await invoked(server, name, payload).catch(() => undefined);
}

/** Waits until the minute has so many seconds left: charts of an hour have a column for each. */
export async function withinMinute(seconds: number): Promise<void> {
  const left = 60_000 - (Date.now() % 60_000);
  if (left < seconds * 1_000) await setTimeout(left);
}

/** Waits until the code can be typed in: Monaco is large, and the machine may be busy. */
export async function ready(page: Page): Promise<void> {
  await page.locator('.monaco-editor .view-line').first().waitFor({ timeout: 30_000 });
}

/** Opens the code of a lambda. */
export async function open(page: Page, name: string): Promise<void> {
  await page.goto(`/console/lambdas/${name}`);
  await ready(page);
}

/** The text of a lambda in the editor. */
export function code(page: Page): Locator {
  return page.getByRole('textbox', { name: /^Code of/ });
}

/** Replaces all of what an editor holds, as somebody who pastes would: brackets are not closed then. */
export async function pasted(page: Page, editor: Locator, text: string): Promise<void> {
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.evaluate((content) => navigator.clipboard.writeText(content), text);
  await editor.focus();
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.press('ControlOrMeta+V');
}

/** Puts the cursor behind a text, and types. */
export async function typeAfter(page: Page, text: string, typed: string): Promise<void> {
  await page.locator('.view-line', { hasText: text }).first().click();
  await page.keyboard.press('End');
  await page.keyboard.type(typed);
}
