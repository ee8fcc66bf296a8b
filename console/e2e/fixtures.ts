// What does every story have? A server, a page on it, somebody who signs in, and axe.

import { setTimeout } from 'node:timers/promises';

import AxeBuilder from '@axe-core/playwright';
import { type Page, test as base, expect } from '@playwright/test';

import { ACCOUNT, Server } from './server';

export { ACCOUNT, expect };

/** Up to so many milliseconds later than asked does a request leave: what a story relies on by luck fails. */
const LATENCY = Number(process.env['LATENCY_MS'] ?? 0);

const WCAG = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

interface Worker {
  servers: Servers;
}

interface Story {
  /** One for each file: stories of others find nothing of theirs on it. */
  server: Server;
  /** Fails the story if the page asked anybody but the server, or wrote an error to its console. */
  quiet: undefined;
  /** Holds requests back, if `LATENCY_MS` says so. */
  latency: undefined;
  /** Signs in as a user, the first administrator unless it says otherwise. */
  signIn: (user?: { name: string; password: string }) => Promise<void>;
  /** Fails the story if axe finds something serious in the page as it is; by these rules alone, if any. */
  accessible: (...rules: string[]) => Promise<void>;
}

/** The server of the file whose stories are under way. */
class Servers {
  #current: { file: string; server: Server } | undefined;

  async of(file: string): Promise<Server> {
    if (this.#current?.file !== file) {
      await this.stop();
      this.#current = { file, server: await Server.start() };
    }
    return this.#current.server;
  }

  async stop(): Promise<void> {
    const current = this.#current;
    this.#current = undefined;
    await current?.server.stop();
  }
}

export const test = base.extend<Story, Worker>({
  servers: [
    // eslint-disable-next-line no-empty-pattern -- Playwright wants the pattern
    async ({}, use) => {
      const servers = new Servers();
      await use(servers);
      await servers.stop();
    },
    { scope: 'worker', timeout: 120_000 },
  ],
  server: [async ({ servers }, use, { file }) => use(await servers.of(file)), { timeout: 120_000 }],
  baseURL: async ({ server }, use) => use(server.url),
  quiet: [
    async ({ page, server }, use) => {
      const strange: string[] = [];
      page.on('request', (request) => {
        const url = new URL(request.url());
        const local = url.protocol === 'data:' || url.protocol === 'blob:';
        if (!local && url.origin !== server.url) strange.push(`asked ${url.href}`);
      });
      page.on('console', (message) => {
        // Chromium writes one for each status above 399, which stories provoke on purpose.
        const status = /^Failed to load resource/.test(message.text());
        if (message.type() === 'error' && !status) strange.push(message.text());
      });
      page.on('pageerror', (error) => strange.push(String(error)));
      await use(undefined);
      expect(strange).toEqual([]);
    },
    { auto: true },
  ],
  latency: [
    async ({ page }, use) => {
      if (LATENCY > 0)
        await page.route('**', async (route) => {
          await setTimeout(Math.random() * LATENCY);
          // The page may have left in the meantime.
          await route.continue().catch(() => undefined);
        });
      await use(undefined);
    },
    { auto: true },
  ],
  signIn: async ({ page, server }, use) => {
    await use(async (user) => {
      const { name, password } = user ?? { name: 'admin', password: await server.password() };
      await signIn(page, name, password);
    });
  },
  accessible: async ({ page }, use) => {
    await use(async (...rules) => {
      const axe = new AxeBuilder({ page });
      const chosen = rules.length > 0 ? axe.withRules(rules) : axe.withTags(WCAG);
      const { violations } = await chosen.analyze();
      const told = violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
      expect(told).toEqual([]);
    });
  },
});

/** Opens the console and goes through both pages of signing in. */
export async function signIn(
  page: Page,
  name: string,
  password: string,
  account = ACCOUNT,
): Promise<void> {
  if (!page.url().includes('/console')) await page.goto('/console/');
  await page.getByRole('textbox', { name: 'Account' }).fill(account);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByLabel('Login name').fill(name);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL(/\/console(?!\/callback)/);
  await page.getByRole('navigation', { name: 'Places' }).waitFor();
}
