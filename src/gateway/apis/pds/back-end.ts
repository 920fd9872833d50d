import { Answer } from '@alongside/kernel/answer';
import type { Clock } from '@alongside/kernel/clock';
import { Refusal } from '@alongside/kernel/errors';
import { parseOwnJson } from '@alongside/kernel/json';
import type { Database } from '../../../storage/database.ts';
import type { Faults } from '../../../storage/faults.ts';
import type { BackEnd, BackEndRequest } from '../../api.ts';
import type { HeaderMap } from '../../headers.ts';
import { replaceCoverage, retrieveCoverage } from './coverage.ts';
import { createPatient } from './create/create.ts';
import { withFaults } from './faults.ts';
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

/** The Personal Demographics Service behind the gateway, in this process, with its records in the product's storage. */
export function makeBackEnd(database: Database, clock: Clock, faults?: Faults): BackEnd {
  const patients = new Patients(database);
  const repetitions = new Repetitions(database, clock);
  async function carryOut(
    request: BackEndRequest,
    delay: () => Promise<void>,
  ): Promise<{ answer: Answer; isChange: boolean }> {
    const { method, path, query, headers, body, change } = request;
    if (!headers.has('nhsd-request-id')) throw outcomes.missingRequestId('there is no X-Request-ID');
    for (const operation of operations) {
      const found = operation.method === method ? operation.path.exec(path) : null;
      if (!found) continue;
      const parts = { ...found.groups };
      const asked = { parts, query, headers, body, grants: grantsOf(headers), patients, clock, change };
      if ('answer' in operation) {
        await delay();
        return { answer: await operation.answer(asked), isChange: false };
      }
      const answer = await repetitions.answer({ method, path, headers, body }, async (keepStatement) => {
        await delay();
        return operation.change(asked, keepStatement);
      });
      return { answer, isChange: true };
    }
    throw outcomes.unsupportedService('no operation has this method and path');
  }

  return async (request) => {
    // The published back end fails here, and the gateway hides how.
    if (request.method === 'OPTIONS') return new Answer(502);
    try {
      return await withFaults(faults, request, (delay) => carryOut(request, delay));
    } catch (thrown) {
      const answer = thrown instanceof Refusal ? answerTo(thrown) : undefined;
      if (answer) return answer;
      throw thrown;
    }
  };
}
