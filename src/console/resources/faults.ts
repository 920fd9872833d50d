import { json, noContent } from '@alongside/kernel/answer';
import { z } from 'zod';
import type { AuditAction, AuditLog } from '../../storage/audit.ts';
import type { Faults, NamedFault } from '../../storage/faults.ts';
import { type ApiCall, defineCall } from '../api/call.ts';
import { errors } from '../errors.ts';

const times = (about: string) =>
  z
    .int('must be a whole number')
    .min(0, 'must be 0 or more')
    .max(1_000_000, 'must be 1000000 or less')
    .optional()
    .describe(about);

/** When a fault happens. */
const faultShape = z.strictObject({
  probability: z
    .number('must be a number')
    .min(0, 'must be 0 to 1')
    .max(1, 'must be 0 to 1')
    .optional()
    .describe('Of each time, 0 to 1'),
  next: times('So many times more, then it is off'),
  after: times('Only after so many times'),
});

interface Parts {
  faults: Faults;
  namedFaults: readonly NamedFault[];
  audit: AuditLog;
}

/** `GET /faults`, `PUT` and `DELETE /faults/{name}`: named faults. */
export function faultCalls({ faults, namedFaults, audit }: Parts): ApiCall[] {
  const known = (name: string): string => {
    if (!namedFaults.some((fault) => fault.name === name))
      throw errors.faultUnknown(`no fault ${name.slice(0, 60)}`);
    return name;
  };
  const recordStatement = (action: AuditAction, target: string) =>
    audit.recordStatement({ actor: 'developer', action, target, outcome: 'ok' });

  return [
    defineCall({
      method: 'GET',
      path: '/faults',
      summary: 'Every fault, with its state where it is on',
      answers: { 200: 'The faults' },
      async handle() {
        const on = await faults.on();
        const shown = namedFaults.map(({ name, summary }) => ({
          name,
          summary,
          state: on.get(name) ?? null,
        }));
        return json(200, { faults: shown });
      },
    }),
    defineCall({
      method: 'PUT',
      path: '/faults/{name}',
      summary: 'Switches a fault on',
      body: faultShape,
      answers: { 200: 'The fault as it stands', 404: 'There is no fault of this name' },
      async handle({ part, body }) {
        const name = known(part('name'));
        await faults.set(name, body, recordStatement('fault.on', name));
        return json(200, { name, state: body });
      },
    }),
    defineCall({
      method: 'DELETE',
      path: '/faults/{name}',
      summary: 'Switches a fault off',
      answers: { 204: 'It is off', 404: 'There is no fault of this name' },
      async handle({ part }) {
        const name = known(part('name'));
        await faults.set(name, null, recordStatement('fault.off', name));
        return noContent();
      },
    }),
  ];
}
