import { agentSocket } from './agent-socket.ts';
import { audit } from './audit.ts';
import { browser } from './browser.ts';
import { browserPolicy } from './browser-policy.ts';
import { certificate } from './certificate.ts';
import type { Check } from './check.ts';
import { clock } from './clock.ts';
import { dataFolder } from './data-folder.ts';
import { localhost } from './localhost.ts';
import { node } from './node.ts';
import { ports } from './ports.ts';
import { proxy } from './proxy.ts';
import { services } from './services.ts';
import { signingKeys } from './signing-keys.ts';
import { stateFile } from './state-file.ts';

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
