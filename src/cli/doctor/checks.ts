import { apis } from './apis.ts';
import { browser, browserPolicy } from './browser.ts';
import { audit, database, dataFolder, signingKeys, stateFile } from './data-folder.ts';
import { clock, localhost, node, ports, proxy } from './machine.ts';
import { agentSocket, certificate, services, trustedLoopback } from './services.ts';
import { signIn } from './sign-in.ts';
import type { Check } from './subject.ts';

/** All checks, in the order of the report. */
export const checks: readonly Check[] = [
  node,
  dataFolder,
  stateFile,
  ports,
  services,
  signIn,
  signingKeys,
  certificate,
  trustedLoopback,
  clock,
  audit,
  database,
  apis,
  agentSocket,
  proxy,
  localhost,
  browserPolicy,
  browser,
];

const names = checks.map(({ name }) => name);
if (new Set(names).size !== names.length) throw new Error('Two checks have the same name.');
