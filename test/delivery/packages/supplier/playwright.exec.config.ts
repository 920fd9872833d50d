import { defineConfig } from '@playwright/test';
import type { WorkerFixtures } from 'alongside/testing/playwright';

// alongside exec -- npx playwright test
export default defineConfig<object, WorkerFixtures>({
  workers: 1,
  use: { alongsideOptions: { attachTo: process.env.ALONGSIDE_CONSOLE_URL } },
});
