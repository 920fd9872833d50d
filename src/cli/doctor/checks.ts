import { agentSocket } from './agent-socket.ts';
import { audit } from './audit.ts';
import { browser, browserPolicy } from './browser.ts';
import { certificate } from './certificate.ts';
import type { Check } from './check.ts';
import { dataFolder, stateFile } from './data-folder.ts';
import { clock, localhost, node, proxy } from './machine.ts';
import { ports } from './ports.ts';
import { services } from './services.ts';
import { signingKeys } from './signing-keys.ts';

/** All checks, in the order of the report. */
export const checks: readonly Check[] = [
  node,
  dataFolder,
  stateFile,
  ports,
  services,
  signingKeys,
  certificate,
  clock,
  audit,
  agentSocket,
  proxy,
  localhost,
  browserPolicy,
  browser,
];

const names = checks.map(({ name }) => name);
if (new Set(names).size !== names.length) throw new Error('Two checks have the same name.');
