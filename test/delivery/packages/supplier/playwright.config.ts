import { defineConfig } from '@playwright/test';

export default defineConfig({
  testMatch: '**/*.spec.ts',
  workers: 2,
  timeout: 90_000,
  expect: { timeout: 30_000 },
  reporter: [['json', { outputFile: 'playwright.json' }]],
  use: {
    launchOptions: {
      executablePath: process.env.ALONGSIDE_HEADLESS_BROWSER ?? process.env.ALONGSIDE_BROWSER,
      args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
    },
  },
});
