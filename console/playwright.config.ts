// How are stories told, and pictures taken? In Debian's Chromium, against the real server.

import { defineConfig } from '@playwright/test';

export default defineConfig({
  testDir: 'e2e',
  outputDir: '../target/console/results',
  // The machine may be busy: what takes long here is waiting, not the console.
  timeout: 60_000,
  expect: { timeout: 10_000 },
  forbidOnly: true,
  // A machine that is shared may stall for seconds: what passes only then is named as flaky, and is a defect of the story.
  retries: process.env['CI'] ? 1 : 0,
  workers: process.env['CI'] ? 2 : 1,
  reporter: 'list',
  use: {
    actionTimeout: 10_000,
    navigationTimeout: 15_000,
    browserName: 'chromium',
    launchOptions: {
      executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
      // As root, as in most containers, Chromium has no sandbox of its own.
      args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
    },
    trace: 'retain-on-failure',
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
  },
  projects: [
    { name: 'stories', testMatch: 'stories/*.spec.ts' },
    { name: 'first-view', testMatch: 'first-view.spec.ts' },
    { name: 'screenshots', testMatch: 'screenshots.spec.ts' },
  ],
});
