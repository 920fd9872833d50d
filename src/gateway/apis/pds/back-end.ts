import { Answer } from '@alongside/kernel/answer';
import type { Clock } from '@alongside/kernel/clock';
import { Refusal } from '@alongside/kernel/errors';
import { parseOwnJson } from '@alongside/kernel/json';
import type { Database } from '../../../storage/database.ts';
import type { Faults, NamedFault } from '../../../storage/faults.ts';
import type { BackEnd } from '../../api.ts';
import { errors } from '../../errors/catalogue.ts';
import type { HeaderMap } from '../../headers.ts';
import { replaceCoverage, retrieveCoverage } from './coverage.ts';
import { createPatient } from './create/create.ts';
import type { Operation } from './operations.ts';
import { answerTo, outcomes } from './outcomes.ts';
import type { Grants } from './redaction.ts';
import { Repetitions } from './repetitions.ts';
import { retrievePatient, retrieveRelatedPeople } from './retrieve.ts';
import { searchPatients } from './search/search.ts';
import { Patients } from './store.ts';
import { updatePatient } from './update/update.ts';

/** All operations of the back end. Others are an unsupported service. */
const operations: readonly Operation[] = [
  retrievePatient,
  retrieveRelatedPeople,
  searchPatients,
  updatePatient,
  createPatient,
  retrieveCoverage,
  replaceCoverage,
];

/** Reads the grants from the gateway's headers, which clients cannot set. */
function grantsOf(headers: HeaderMap): Grants {
  const text = headers.get('nhse-pds-custom-attributes');
  let attributes: Record<string, unknown> | null = null;
  try {
    if (text !== undefined) attributes = parseOwnJson(text);
  } catch {
    // An attribute of a registration that is not JSON grants nothing.
  }
  const granted = (name: string): boolean => String(attributes?.[name]) === 'true';
  return {
    privileged: headers.get('nhse-pds-privileged-access') === 'true',
    confidentialRemoval: granted('return-confidential-reason-for-removal'),
    emptyAddressLines: granted('return-empty-address-lines'),
  };
}

/** Faults of the PDS for developers. */
export const pdsFaults: readonly NamedFault[] = [
  {
    name: 'pds-update-late',
    summary:
      'a change at the PDS is carried out and answers 503 with Retry-After, as one that took longer than X-Sync-Wait',
  },
];

/**
 * Returns the published response to an update that was late. The update is done, and a repetition of the request changes nothing.
 */
async function refuseLate(faults: Faults | undefined): Promise<void> {
  const happening = (await faults?.happening(pdsFaults)) ?? [];
  if (happening.length > 0) throw errors.updateLate('the fault pds-update-late is on');
}

/** The Personal Demographics Service behind the gateway, in this process, with its records in the product's storage. */
export function makeBackEnd(database: Database, clock: Clock, faults?: Faults): BackEnd {
  const patients = new Patients(database);
  const repetitions = new Repetitions(database, clock);
  return async ({ method, path, query, headers, body, change }) => {
    // The published back end fails here, and the gateway hides how.
    if (method === 'OPTIONS') return new Answer(502);
    try {
      if (!headers.has('nhsd-request-id')) throw outcomes.missingRequestId();
      for (const operation of operations) {
        const found = operation.method === method ? operation.path.exec(path) : null;
        if (!found) continue;
        const parts = { ...found.groups };
        const grants = grantsOf(headers);
        const request = { parts, query, headers, body, grants, patients, clock, change };
        if ('answer' in operation) return await operation.answer(request);
        const answer = await repetitions.answer({ method, path, headers, body }, (keepStatement) =>
          operation.change(request, keepStatement),
        );
        await refuseLate(faults);
        return answer;
      }
      throw outcomes.unsupportedService();
    } catch (thrown) {
      const answer = thrown instanceof Refusal ? answerTo(thrown) : undefined;
      if (answer) return answer;
      throw thrown;
    }
  };
}
