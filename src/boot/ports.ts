import { createServer } from 'node:net';

/** The listeners, in the order of their ports. */
export const listenerNames = ['console', 'api', 'cis2', 'identityAgent', 'cis', 'sample'] as const;
export type ListenerName = (typeof listenerNames)[number];

/** Listeners that ask for a client certificate (RFC 8705), beside those of the same parts that do not: a browser would ask its user. */
export const mutualTlsNames = ['apiMutualTls', 'cis2MutualTls'] as const;
export type Ports = Record<ListenerName | (typeof mutualTlsNames)[number], number>;

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

/** Six ports in a row from the base and two for mutual TLS, or as many free ones when it is 0: addresses must be known before anything is built. */
export async function choosePorts(base: number): Promise<Ports> {
  const names = [...listenerNames, ...mutualTlsNames];
  if (base !== 0) return Object.fromEntries(names.map((name, index) => [name, base + index])) as Ports;
  const found = await Promise.all(names.map(freePort));
  await Promise.all(found.map(({ release }) => release()));
  return Object.fromEntries(names.map((name, index) => [name, found[index]?.port ?? 0])) as Ports;
}
