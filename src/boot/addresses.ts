import { createServer } from 'node:net';
import type { Config } from '../config.ts';
import type { Urls } from '../service.ts';

/** The listeners, in the order of their ports. */
export const listenerNames = ['console', 'api', 'cis2', 'identityAgent', 'cis', 'sample'] as const;
export type ListenerName = (typeof listenerNames)[number];

/** Mutual TLS listeners (RFC 8705). They are separate, because a browser would prompt its user for a certificate. */
export const mutualTlsNames = ['apiMutualTls', 'cis2MutualTls'] as const;
export type Ports = Record<ListenerName | (typeof mutualTlsNames)[number], number>;

/** Ports reserved for an instance. */
export interface ChosenPorts {
  ports: Ports;
  /** Whether this process still holds them, so that a listener must share them until `release`. */
  held: boolean;
  /** Releases them after the listeners have started. */
  release(): Promise<void>;
}

// On other systems two sockets cannot share a port, so a free one may be taken before its listener starts.
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

/** Returns consecutive ports from the base. */
export const portsFrom = (base: number): Ports => named((index) => base + index);

/**
 * Returns six consecutive ports from the base and two for mutual TLS, or as many free ones for 0: addresses must be known before
 * anything is built.
 */
export async function choosePorts(base: number): Promise<ChosenPorts> {
  if (base !== 0) return { ports: portsFrom(base), held: false, release: async () => undefined };
  const found = await Promise.all(allNames.map(freePort));
  const release = async (): Promise<void> => void (await Promise.all(found.map((one) => one.release())));
  if (!canHold) await release();
  return { ports: named((index) => found[index]?.port ?? 0), held: canHold, release };
}

/** Returns the public addresses: the configured ones, else this machine. Agent and console stay on loopback, without TLS. */
export function publicUrls(config: Config, ports: Ports): Urls {
  const scheme = config.tlsCertificate ? 'https' : 'http';
  return {
    console: config.urlConsole ?? `http://localhost:${ports.console}`,
    api: config.urlApi ?? `${scheme}://localhost:${ports.api}`,
    cis2: config.urlCis2 ?? `${scheme}://localhost:${ports.cis2}`,
    identityAgent: config.urlIdentityAgent ?? `http://127.0.0.1:${ports.identityAgent}`,
    cis: config.urlCis ?? `${scheme}://localhost:${ports.cis}`,
    sample: config.urlSample ?? `${scheme}://localhost:${ports.sample}`,
  };
}

/** Public addresses of mutual TLS; undefined without it. */
export interface MutualTlsUrls {
  api: string | undefined;
  cis2: string | undefined;
}

/** Returns the addresses for clients with a certificate: of a proxy, else of our own listeners under the public names. */
export function mutualTlsUrls(config: Config, ports: Ports): MutualTlsUrls {
  const own = (url: string, port: number) =>
    config.tlsCertificate ? `https://${new URL(url).hostname}:${port}` : undefined;
  const { api, cis2 } = publicUrls(config, ports);
  return {
    api: config.urlApiMutualTls ?? own(api, ports.apiMutualTls),
    cis2: config.urlCis2MutualTls ?? own(cis2, ports.cis2MutualTls),
  };
}
