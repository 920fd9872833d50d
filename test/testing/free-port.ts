import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Returns a free port below 20,000. From 32,768, Linux chooses those of outgoing connections and of listeners for any port, and
 * tests that need consecutive ones choose theirs between: no test that runs at the same time takes this one before it is used.
 */
export const freePort = (): Promise<number> => freePorts(1, 10_100, 20_000);

/** Returns the first of consecutive free ports from a range. Tests that may run at the same time need different ranges. */
export async function freePorts(count: number, from: number, to: number): Promise<number> {
  const first = randomInt(from, to - count);
  const all = await Promise.all(Array.from({ length: count }, (_, n) => isFree(first + n)));
  return all.every(Boolean) ? first : freePorts(count, from, to);
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
