import { json, noContent } from '@alongside/kernel/answer';
import { z } from 'zod';
import { type FaultState, faultOf, runForm } from '../../../storage/faults.ts';
import type { ConsoleContext } from '../../model/dependencies.ts';
import { errors } from '../../model/errors.ts';
import { invalidMember } from '../../model/request.ts';
import { recordStatement } from '../../model/revisions.ts';
import { defineCall, type Resource } from '../api/call.ts';
import { faultShape, listedFault, listFaults } from '../fault-list.ts';

/** Switches all faults off. Returns the names of those that were on. */
export async function switchAllOff({
  faults,
  audit,
}: Pick<ConsoleContext, 'faults' | 'audit'>): Promise<string[]> {
  const off = [...(await faults.on()).keys()];
  for (const name of off) await faults.set(name, null, recordStatement(audit, 'fault.off', name));
  return off;
}

/** `/faults`: injected faults. */
export const faults: Resource = {
  only: 'development',
  calls(console) {
    const { faults, namedFaults, audit } = console;
    function requireKnown(name: string): void {
      const { fault: base, run } = faultOf(name);
      const isKnown = namedFaults.some((fault) => fault.name === base);
      if (!isKnown || (run !== undefined && !(base.startsWith('pds-') && runForm.test(run))))
        throw errors.faultUnknown(`no fault ${name.slice(0, 60)}`);
    }

    /** Refuses a condition that the fault would ignore. */
    function checkConditions(name: string, { patient, seconds }: FaultState): void {
      const { fault } = faultOf(name);
      if (patient !== undefined && !fault.startsWith('pds-'))
        throw invalidMember('patient', 'is only for faults of the PDS');
      if (seconds !== undefined && fault !== 'pds-slow')
        throw invalidMember('seconds', 'is only for pds-slow');
    }

    return [
      defineCall('GET', '/faults', {
        summary:
          'Lists all faults by topic, with the state of those that are on and the journeys that each has hit',
        answers: { 200: 'The faults' },
        response: z.strictObject({ faults: z.array(listedFault) }),
        handle: async () => json(200, { faults: await listFaults(console) }),
      }),
      defineCall('DELETE', '/faults', {
        summary: 'Switches all faults off',
        answers: { 200: 'The names of those that were on' },
        response: z.strictObject({ off: z.array(z.string()) }),
        handle: async () => json(200, { off: await switchAllOff(console) }),
      }),
      defineCall('PUT', '/faults/:name', {
        summary:
          'Switches a fault on; one of the PDS for a run of tests as `pds-slow@RUN`: the calls whose X-Correlation-ID begins with RUN',
        body: faultShape,
        answers: { 200: 'The fault and its state', 404: 'Unknown fault' },
        response: z.strictObject({ name: z.string(), state: faultShape }),
        async handle({ params: { name }, body }) {
          requireKnown(name);
          checkConditions(name, body);
          await faults.set(name, body, recordStatement(audit, 'fault.on', name));
          return json(200, { name, state: body });
        },
      }),
      defineCall('DELETE', '/faults/:name', {
        summary: 'Switches a fault off',
        answers: { 204: 'Off', 404: 'Unknown fault' },
        async handle({ params: { name } }) {
          requireKnown(name);
          await faults.set(name, null, recordStatement(audit, 'fault.off', name));
          return noContent();
        },
      }),
    ];
  },
};
