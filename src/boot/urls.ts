import type { Config } from '../config.ts';
import type { Urls } from '../service.ts';
import type { Ports } from './ports.ts';

/** The public addresses: what the configuration says, else this machine. */
export const publicUrls = (config: Config, ports: Ports): Urls => ({
  console: config.urlConsole ?? `http://localhost:${ports.console}`,
  api: config.urlApi ?? `http://localhost:${ports.api}`,
  cis2: config.urlCis2 ?? `http://localhost:${ports.cis2}`,
  identityAgent: config.urlIdentityAgent ?? `http://127.0.0.1:${ports.identityAgent}`,
  cis: config.urlCis ?? `http://localhost:${ports.cis}`,
  sample: config.urlSample ?? `http://localhost:${ports.sample}`,
});
