import type { Config } from '../config.ts';
import type { Urls } from '../service.ts';
import type { Ports } from './ports.ts';

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

/** Returns the addresses for clients with a certificate: of a proxy, else of our own listeners. */
export const mutualTlsUrls = (config: Config, ports: Ports): MutualTlsUrls => ({
  api:
    config.urlApiMutualTls ?? (config.tlsCertificate ? `https://localhost:${ports.apiMutualTls}` : undefined),
  cis2:
    config.urlCis2MutualTls ??
    (config.tlsCertificate ? `https://localhost:${ports.cis2MutualTls}` : undefined),
});
