import { renameSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { doublingWaits } from './retry.ts';

/** Waits in milliseconds, two seconds in all. */
const waits = doublingWaits(10, 250, 13);
const passing: ReadonlySet<string> = new Set(['EPERM', 'EACCES', 'EBUSY']);

/** Returns whether an error may pass. On Windows a file cannot be replaced while another program, such as a virus scanner, reads it. */
const mayPass = (error: unknown): boolean =>
  process.platform === 'win32' && passing.has((error as NodeJS.ErrnoException).code ?? '');

/** Gives a file its name, also that of an existing file. Windows repeats it for two seconds. */
export async function renameSafely(from: string, to: string): Promise<void> {
  for (const wait of waits)
    try {
      return await rename(from, to);
    } catch (error) {
      if (!mayPass(error)) throw error;
      await setTimeout(wait);
    }
  await rename(from, to);
}

/** Does the same without a promise, for code that undoes its steps at once. */
export function renameSafelySync(from: string, to: string): void {
  for (const wait of waits)
    try {
      renameSync(from, to);
      return;
    } catch (error) {
      if (!mayPass(error)) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, wait);
    }
  renameSync(from, to);
}
