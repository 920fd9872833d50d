import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { follow } from './clock.ts';
import { openInstance } from './instance.ts';
import { startInstanceProcess } from './instance-process.ts';
import type { Alongside, FollowingClock, StartOptions } from './types.ts';

export type * from './types.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The command that belongs to this module: of the package, or of the clone. */
const packaged = here('../bin/alongside.cjs');
const command = existsSync(packaged) ? packaged : here('../../scripts/alongside.mjs');

/**
 * Starts an ephemeral instance on free ports, in a child process, which also ends if this process is killed.
 * @throws if it does not start, with the end of its log
 */
export async function start({ args, env, timeout, log }: StartOptions = {}): Promise<Alongside> {
  const began = performance.now();
  const started = await startInstanceProcess({
    program: [process.execPath, command],
    ...(args ? { args } : {}),
    ...(env ? { env } : {}),
    ...(timeout === undefined ? {} : { timeout }),
    ...(log === 'always' ? { onLine: (line: string) => void process.stderr.write(`${line}\n`) } : {}),
  });
  return openInstance(started.state.urls.console, { ...started, began });
}

/** Uses an instance that runs already, such as one that `alongside up` started; `stop` leaves it running. */
export function attach(consoleUrl: string): Promise<Alongside> {
  return openInstance(consoleUrl, { log: [], stop: async () => undefined });
}

/**
 * Follows the clock of a running instance, for an application in another process. It reads the clock ten times a second, and
 * does not keep the process alive.
 * @throws if no instance responds
 */
export function followClock(consoleUrl: string): Promise<FollowingClock> {
  return follow(consoleUrl);
}
