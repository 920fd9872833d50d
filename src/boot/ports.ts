import { createServer } from 'node:net';

/** The listeners, in the order of their ports. */
export const listenerNames = ['console', 'api', 'cis2', 'identityAgent', 'cis', 'sample'] as const;
export type ListenerName = (typeof listenerNames)[number];

/** Listeners that ask for a client certificate (RFC 8705), beside those of the same parts that do not: a browser would ask its user. */
export const mutualTlsNames = ['apiMutualTls', 'cis2MutualTls'] as const;
export type Ports = Record<ListenerName | (typeof mutualTlsNames)[number], number>;

/** Ports that are an instance's own: nobody else is given them meanwhile. */
export interface ChosenPorts {
  ports: Ports;
  /** Whether they are held here, so that a listener must share them until they are let go of. */
  held: boolean;
  /** Lets go of them: the listeners stand. */
  release(): Promise<void>;
}

// Elsewhere two sockets cannot share a port, and a free one may be taken before its listener stands.
const canHold = process.platform === 'linux';

const freePort = (): Promise<{ port: number; release: () => Promise<void> }> =>
  new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy()).unref();
    server.once('error', reject);
    server.listen({ port: 0, host: '127.0.0.1', reusePort: canHold }, () => {
      const address = server.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      resolve({ port, release: () => new Promise((done) => server.close(() => done())) });
    });
  });

const allNames = [...listenerNames, ...mutualTlsNames];
const named = (portOf: (index: number) => number): Ports =>
  Object.fromEntries(allNames.map((name, index) => [name, portOf(index)])) as Ports;

/** The ports in a row from the base. */
export const portsFrom = (base: number): Ports => named((index) => base + index);

/** Six ports in a row from the base and two for mutual TLS, or as many free ones when it is 0: addresses must be known before anything is built. */
export async function choosePorts(base: number): Promise<ChosenPorts> {
  if (base !== 0) return { ports: portsFrom(base), held: false, release: async () => undefined };
  const found = await Promise.all(allNames.map(freePort));
  const release = async (): Promise<void> => void (await Promise.all(found.map((one) => one.release())));
  if (!canHold) await release();
  return { ports: named((index) => found[index]?.port ?? 0), held: canHold, release };
}
