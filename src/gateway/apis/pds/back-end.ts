import { setTimeout as sleep } from 'node:timers/promises';
import { Answer, StreamAnswer } from '@alongside/kernel/answer';
import type { Clock } from '@alongside/kernel/clock';
import { Refusal } from '@alongside/kernel/errors';
import { parseOwnJson } from '@alongside/kernel/json';
import type { Database } from '../../../storage/database.ts';
import { type FaultedCall, type Faults, type NamedFault, noFaults } from '../../../storage/faults.ts';
import type { BackEnd, BackEndRequest } from '../../api.ts';
import { errors } from '../../errors/catalogue.ts';
import type { HeaderMap } from '../../headers.ts';
import { coverageSubject, replaceCoverage, retrieveCoverage } from './coverage.ts';
import { createPatient } from './create/create.ts';
import type { Operation } from './operations.ts';
import { answerTo, outcomes } from './outcomes.ts';
import type { Grants } from './redaction.ts';
import { Repetitions } from './repetitions.ts';
import { retrievePatient, retrieveRelatedPeople } from './retrieve.ts';
import { searchPatients } from './search/search.ts';
import { Patients } from './store.ts';
import { updatePatient } from './update/update.ts';

/** Faults of the PDS for developers. Each may be for one patient, and for one run of tests. */
export const pdsFaults: readonly NamedFault[] = [
  {
    name: 'pds-update-late',
    summary:
      'the PDS makes a change and returns 503 with Retry-After, as for a change that takes longer than X-Sync-Wait',
  },
  { name: 'pds-unavailable', summary: 'the PDS returns 503 with Retry-After, and does nothing' },
  { name: 'pds-too-many-requests', summary: 'the PDS returns 429' },
  { name: 'pds-token-expired', summary: 'the PDS returns 401 as for an expired access token' },
  { name: 'pds-slow', summary: 'the PDS waits 3 s, or --seconds, before each response' },
  { name: 'pds-dropped', summary: 'the PDS does its work and drops the connection during the response' },
];

const defaultDelay = 3;

/** An error as if the other end closed the socket, which is not logged. */
const dropped = () => Object.assign(new Error('the fault pds-dropped is on'), { code: 'ECONNRESET' });

/** Sends the headers, and then drops the connection. */
const droppedAnswer = ({ status, headers }: Answer): Answer =>
  new StreamAnswer(status, headers, async function* () {
    yield '';
    throw dropped();
  });

/** Returns the patient and the run of tests that a call belongs to. */
function callOf({ path, query, headers }: BackEndRequest): FaultedCall {
  const [, id] = /^\/Patient\/([^/]*)/.exec(path) ?? [];
  const patient = path === '/Coverage' ? coverageSubject(query) : id;
  // The gateway sends the client's two ids and its own: the second is the client's X-Correlation-ID.
  const correlation = (headers.get('nhsd-correlation-id') ?? '').split('.').slice(1, -1).join('.');
  return { patient, run: correlation };
}

/** Executes a call with the faults that occur this time. `work` calls `delay` at the point where a slow update would spend its time. */
async function withFaults(
  faults: Faults | undefined,
  request: BackEndRequest,
  work: (delay: () => Promise<void>) => Promise<{ answer: Answer; isChange: boolean }>,
): Promise<Answer> {
  const occurring = faults?.happeningAt(pdsFaults, callOf(request)) ?? noFaults;
  const on = occurring instanceof Promise ? await occurring : occurring;
  if (on.has('pds-token-expired')) throw errors.expiredToken('the fault pds-token-expired is on');
  if (on.has('pds-too-many-requests'))
    throw errors.busyApi('the fault pds-too-many-requests is on', { policy: 'spikeArrest' });
  if (on.has('pds-unavailable')) throw errors.updateLate('the fault pds-unavailable is on');
  const slow = on.get('pds-slow');
  const { answer, isChange } = await work(async () => {
    if (slow) await sleep((slow.seconds ?? defaultDelay) * 1_000);
  });
  if (isChange && on.has('pds-update-late')) throw errors.updateLate('the fault pds-update-late is on');
  return on.has('pds-dropped') ? droppedAnswer(answer) : answer;
}

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
      const answer = await repetitions.answer(request, async (keepStatement) => {
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
