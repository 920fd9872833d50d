import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, StreamAnswer } from '@alongside/kernel/answer';
import { type FaultedCall, type Faults, type NamedFault, noFaults } from '../../../storage/faults.ts';
import type { BackEndRequest } from '../../api.ts';
import { errors } from '../../errors/catalogue.ts';
import { coverageSubject } from './coverage.ts';

/** Faults of the PDS for developers. Each may be for one patient, and for one run of tests. */
export const pdsFaults: readonly NamedFault[] = [
  {
    name: 'pds-update-late',
    summary:
      'a change at the PDS is carried out and answers 503 with Retry-After, as one that took longer than X-Sync-Wait',
  },
  { name: 'pds-unavailable', summary: 'the PDS answers 503 with Retry-After, and does nothing' },
  { name: 'pds-too-many-requests', summary: 'the PDS answers 429' },
  { name: 'pds-token-expired', summary: 'the PDS answers 401 as to an expired access token' },
  { name: 'pds-slow', summary: 'the PDS works for 3 s before each response, or for --seconds' },
  { name: 'pds-dropped', summary: 'the PDS does its work and drops the connection during the response' },
];

const usualDelay = 3;

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
export async function withFaults(
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
    if (slow) await sleep((slow.seconds ?? usualDelay) * 1_000);
  });
  if (isChange && on.has('pds-update-late')) throw errors.updateLate('the fault pds-update-late is on');
  return on.has('pds-dropped') ? droppedAnswer(answer) : answer;
}
