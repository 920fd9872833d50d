import { test as base, type TestAPI } from 'vitest';
import { SharedInstance } from './fixture.ts';
import type { Alongside, FixtureOptions } from './types.ts';

export interface Fixtures {
  /** How the instance starts: override it with `test.extend` and `scope: 'file'`. */
  alongsideOptions: FixtureOptions;
  /** The instance of this file. */
  alongside: Alongside;
}

const shared = new SharedInstance();

/** Vitest's `test` with an instance for each file. A failed test prints a report of the instance. */
export const test: TestAPI<Fixtures> = base.extend<Fixtures>({
  alongsideOptions: [{}, { scope: 'file' }],
  alongside: [
    ({ alongsideOptions }: Pick<Fixtures, 'alongsideOptions'>, use: (instance: Alongside) => Promise<void>) =>
      shared.provide(alongsideOptions, use),
    { scope: 'file' },
  ],
  alongsideReport: [
    async ({ onTestFailed }: { onTestFailed(act: () => Promise<void>): void }, use: () => Promise<void>) => {
      await shared.tidy();
      onTestFailed(async () => {
        const report = await shared.report();
        if (report !== undefined) console.error(report);
      });
      await use();
    },
    { auto: true },
  ],
});
