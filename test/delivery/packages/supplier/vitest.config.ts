import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['*.vitest.ts'],
    hookTimeout: 90_000,
    testTimeout: 90_000,
    maxWorkers: 2,
  },
});
