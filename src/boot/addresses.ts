import { createServer } from 'node:net';
import type { Config } from '../config.ts';
import type { Urls } from '../service.ts';

/**
 * The listeners, in the order of their ports. Those of mutual TLS (RFC 8705) are separate, because a browser would prompt its user for a
 * certificate.
 */
const portNames = [
  'console',
  'api',
  'cis2',
  'identityAgent',
  'cis',
  'sample',
  'apiMutualTls',
  'cis2MutualTls',
  'apis',
  'apisMutualTls',
] as const;
type PortName = (typeof portNames)[number];
export type ListenerName = Exclude<PortName, `${string}MutualTls`>;
export type Ports = Record<PortName, number>;

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

const named = (portOf: (index: number) => number): Ports =>
  Object.fromEntries(portNames.map((name, index) => [name, portOf(index)])) as Ports;

/** Returns consecutive ports from the base. */
export const portsFrom = (base: number): Ports => named((index) => base + index);

/** Returns consecutive ports from the base, or as many free ones for 0: addresses must be known before anything is built. */
export async function choosePorts(base: number): Promise<ChosenPorts> {
  if (base !== 0) return { ports: portsFrom(base), held: false, release: async () => undefined };
  const found = await Promise.all(portNames.map(freePort));
  const release = async (): Promise<void> => void (await Promise.all(found.map((one) => one.release())));
  if (!canHold) await release();
  return { ports: named((index) => found[index]?.port ?? 0), held: canHold, release };
}

/**
 * Returns the public addresses: the configured ones, else this machine. Agent and console stay on loopback, without TLS. In development,
 * APIs by definition have an origin of their own, because no proxy has to know of it.
 */
export function publicUrls(config: Config, ports: Ports, development: boolean): Urls {
  const scheme = config.tlsCertificate ? 'https' : 'http';
  const api = config.urlApi ?? `${scheme}://localhost:${ports.api}`;
  return {
    console: config.urlConsole ?? `http://localhost:${ports.console}`,
    api,
    // After `api`, because an export names the first of equal addresses.
    apis: config.urlApis ?? (development ? `${scheme}://localhost:${ports.apis}` : api),
    cis2: config.urlCis2 ?? `${scheme}://localhost:${ports.cis2}`,
    identityAgent: config.urlIdentityAgent ?? `http://127.0.0.1:${ports.identityAgent}`,
    cis: config.urlCis ?? `${scheme}://localhost:${ports.cis}`,
    sample: config.urlSample ?? `${scheme}://localhost:${ports.sample}`,
  };
}

/** Returns why APIs by definition cannot have their address; undefined if they can. On the origin of a service, they could act as it. */
export function apisProblem({ apis, ...others }: Urls): string | undefined {
  if (apis === others.api) return undefined;
  const { origin } = new URL(apis);
  const same = Object.values(others).find((url) => new URL(url).origin === origin);
  return same === undefined
    ? undefined
    : `The APIs that were added cannot be at ${apis}, which has the origin of ${same}: set --url-apis to another name or port, or to exactly the address of --url-api.`;
}

/** Public addresses of mutual TLS; undefined without it. */
export interface MutualTlsUrls {
  api: string | undefined;
  /** Undefined also if APIs by definition have no origin of their own. */
  apis: string | undefined;
  cis2: string | undefined;
}

/** Returns the addresses for clients with a certificate: of a proxy, else of our own listeners under the public names. */
export function mutualTlsUrls(config: Config, ports: Ports, { api, apis, cis2 }: Urls): MutualTlsUrls {
  const own = (url: string, port: number) =>
    config.tlsCertificate ? `https://${new URL(url).hostname}:${port}` : undefined;
  return {
    api: config.urlApiMutualTls ?? own(api, ports.apiMutualTls),
    apis: apis === api ? undefined : (config.urlApisMutualTls ?? own(apis, ports.apisMutualTls)),
    cis2: config.urlCis2MutualTls ?? own(cis2, ports.cis2MutualTls),
  };
}
