import { browserPolicy } from './browser-policy.ts';
import { cardType } from './card-type.ts';
import { certificate } from './certificate.ts';
import type { Check } from './check.ts';
import { clock } from './clock.ts';
import { pin } from './pin.ts';
import { port } from './port.ts';
import { reader } from './reader.ts';
import { role } from './role.ts';
import { cis, cis2 } from './servers.ts';
import { service } from './service.ts';
import { settings } from './settings.ts';

/** All checks, in the order of the report. */
export const checks: readonly Check[] = [
  settings,
  service,
  port,
  reader,
  cardType,
  certificate,
  pin,
  role,
  clock,
  cis,
  cis2,
  browserPolicy,
];

const names = checks.map(({ name }) => name);
if (new Set(names).size !== names.length) throw new Error('Two checks have the same name.');
