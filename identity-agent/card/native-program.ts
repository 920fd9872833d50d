import { reasonOf } from '@alongside/kernel/errors';
import { parseOwnJson } from '@alongside/kernel/json';
import type { Loaded, Question, Reply } from './native-process.ts';

/** Sends a message to the process that started this one. */
export const tell = (message: Loaded | Reply | object): unknown => process.send?.(message);

type Methods = Readonly<Record<string, (...args: readonly unknown[]) => unknown>>;

/**
 * Runs the program of a `NativeProcess`: loads its library, then answers each call.
 * @param load returns the object whose methods are called. Rejects with one sentence for the operator
 * @param failureOf describes an error to the caller
 */
export async function serve<Settings>(
  load: (settings: Settings) => Promise<object>,
  failureOf: (error: unknown) => unknown,
): Promise<void> {
  // An orderly exit would wait for a blocked call.
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
  try {
    const methods = (await load(parseOwnJson<Settings>(process.argv[2] ?? '{}'))) as Methods;
    process.on('message', async ({ id, call, args }: Question) => {
      try {
        tell({ id, value: await methods[call]?.(...args) });
      } catch (error) {
        tell({ id, error: failureOf(error) });
      }
    });
    tell({ problem: null });
  } catch (error) {
    tell({ problem: reasonOf(error).split('\n')[0] ?? '' });
  }
}
