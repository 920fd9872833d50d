import { open } from './fixture.ts';
import type { Alongside, FixtureOptions } from './types.ts';

interface Outcome {
  readonly passed?: boolean;
  diagnostic?(message: string): void;
}

/** The context of a test; or for a file `{ after, afterEach }` from `node:test`. */
export interface Hooks extends Outcome {
  after(act: () => Promise<void>): void;
  afterEach?(act: (t: object) => Promise<void>): void;
}

/**
 * Starts an instance for a test of `node:test`, or for a file and its tests, and stops it afterwards. A failed test has a report
 * of the instance among its diagnostics.
 */
export async function alongside(t: Hooks, options?: FixtureOptions): Promise<Alongside> {
  const instance = await open(options);
  const reportFailure = async (test: Outcome): Promise<void> => {
    if (test.passed !== false) return;
    // A line each, because reporters escape line breaks.
    for (const line of (await instance.report()).split('\n')) test.diagnostic?.(line);
  };
  t.afterEach?.(async (test) => {
    await reportFailure(test);
    // The next test may not call tidy().
    await instance.beginReport().catch(() => undefined);
  });
  t.after(async () => {
    await reportFailure(t);
    await instance.stop();
  });
  return instance;
}
