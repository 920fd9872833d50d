import { browserPolicy } from './browser-policy.ts';
import { cardType, certificate, pin, reader, role } from './card.ts';
import type { Check, Subject } from './check.ts';
import { carryOut, type Report } from './report.ts';
import { cis, cis2, clock } from './servers.ts';
import { port, service, settings } from './service.ts';

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

/** Runs all checks. */
export const examine = (subject: Subject): Promise<Report> => carryOut(checks, subject);
