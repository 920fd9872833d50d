import type { TestContext } from 'node:test';
import { start } from './index.ts';
import type { Alongside, StartOptions } from './types.ts';

/** Starts an instance for a test of `node:test`, or for a file if it is called outside tests' functions, and stops it afterwards. */
export async function alongside(t: Pick<TestContext, 'after'>, options?: StartOptions): Promise<Alongside> {
  const instance = await start(options);
  t.after(() => instance.stop());
  return instance;
}
