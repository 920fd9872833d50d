import { createServer } from 'node:net';

/** The listeners, in the order of their ports. */
export const listenerNames = ['console', 'api', 'cis2', 'identityAgent', 'cis', 'sample'] as const;
export type ListenerName = (typeof listenerNames)[number];
export type Ports = Record<ListenerName, number>;

const freePort = (): Promise<{ port: number; release: () => Promise<void> }> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      resolve({ port, release: () => new Promise((done) => server.close(() => done())) });
    });
  });

/** Six ports in a row from the base, or six free ones when it is 0: addresses must be known before anything is built. */
export async function choosePorts(base: number): Promise<Ports> {
  if (base !== 0)
    return Object.fromEntries(listenerNames.map((name, index) => [name, base + index])) as Ports;
  const found = await Promise.all(listenerNames.map(freePort));
  await Promise.all(found.map(({ release }) => release()));
  return Object.fromEntries(listenerNames.map((name, index) => [name, found[index]?.port ?? 0])) as Ports;
}
