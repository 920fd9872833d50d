import { json, noContent } from '@alongside/kernel/answer';
import type { AuditLog } from '../../storage/audit.ts';
import { type ApiCall, defineCall } from '../api/call.ts';
import { errors } from '../errors.ts';
import { faultShape, type StoredFaults } from '../faults/stored-faults.ts';

/** `GET /faults`, `PUT` and `DELETE /faults/{name}`: named faults. */
export function faultCalls({ faults, audit }: { faults: StoredFaults; audit: AuditLog }): ApiCall[] {
  const known = (name: string): string => {
    if (!faults.knows(name)) throw errors.faultUnknown(`no fault ${name.slice(0, 60)}`);
    return name;
  };
  const record = (action: string, target: string) =>
    audit.write({ actor: 'developer', action, target, outcome: 'ok' });

  return [
    defineCall({
      method: 'GET',
      path: '/faults',
      summary: 'Every fault, and which are on',
      answers: { 200: 'The faults' },
      handle: async () => json(200, { faults: await faults.list() }),
    }),
    defineCall({
      method: 'PUT',
      path: '/faults/{name}',
      summary: 'Switches a fault on',
      body: faultShape,
      answers: { 200: 'The fault as it stands', 404: 'There is no fault of this name' },
      async handle({ part, body }) {
        const name = known(part('name'));
        await faults.set(name, body);
        await record('fault.on', name);
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
        await faults.set(name, null);
        await record('fault.off', name);
        return noContent();
      },
    }),
  ];
}
