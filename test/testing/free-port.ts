import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Returns a free port below 20,000. From 32,768, Linux chooses those of outgoing connections and of listeners for any port, and
 * tests that need consecutive ones choose theirs between: no test that runs at the same time takes this one before it is used.
 */
export async function freePort(): Promise<number> {
  const port = randomInt(10_100, 20_000);
  return (await isFree(port)) ? port : freePort();
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
