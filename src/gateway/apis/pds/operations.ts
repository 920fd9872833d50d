import type { Answer } from '@alongside/kernel/answer';
import type { Clock } from '@alongside/kernel/clock';
import { isObject, type JsonObject } from '@alongside/kernel/json';
import type { BackEndRequest } from '../../api.ts';
import type { HeaderMap } from '../../headers.ts';
import { outcomes } from './outcomes.ts';
import type { PatientRecord } from './patient.ts';
import type { Grants } from './redaction.ts';
import type { KeepStatement } from './repetitions.ts';
import type { Patients } from './store.ts';

export interface OperationRequest {
  /** Named parts of the path. */
  parts: Readonly<Record<string, string>>;
  query: string;
  headers: HeaderMap;
  body: string;
  grants: Grants;
  patients: Patients;
  clock: Clock;
  /** Records a change in the audit log. */
  change?: BackEndRequest['change'];
}

interface OperationAddress {
  method: string;
  /** Path below the base path, with named parts. */
  path: RegExp;
}

/** One operation of the PDS FHIR API: a read, or a change that can be repeated without a second effect. */
export type Operation = OperationAddress &
  (
    | { answer(asked: OperationRequest): Promise<Answer> }
    | {
        change(asked: OperationRequest, keepStatement: KeepStatement): Promise<Answer>;
      }
  );

/** Returns the resource version as an entity tag (FHIR R4, HTTP, section 2.21.0.6). */
export const etagOf = (versionId: string): string => `W/"${versionId}"`;

/** The published base address of resources. */
export const publishedBase = 'https://api.service.nhs.uk/personal-demographics/FHIR/R4';

/** Returns a search's Bundle. Without a match it has no `entry`. */
export const searchset = (clock: Clock, entry: readonly object[]): object => ({
  resourceType: 'Bundle',
  type: 'searchset',
  timestamp: new Date(clock.now())
    .toISOString()
    .replace('.000Z', '+00:00')
    .replace(/\.\d+Z$/, '+00:00'),
  total: entry.length,
  ...(entry.length > 0 && { entry }),
});

/** Returns the version that the client last saw. A malformed version matches none. */
export function readVersion({ headers }: OperationRequest): string {
  const value = headers.get('if-match') ?? '';
  if (value === '') throw outcomes.missingVersion('there is no If-Match');
  return value;
}

/** Stores the next version of a record with its audit record and the response for repetitions, in one batch. */
export async function storeChange(
  before: PatientRecord,
  next: PatientRecord,
  answer: Answer,
  { patients, change }: OperationRequest,
  keepStatement: KeepStatement,
): Promise<Answer> {
  const version = Number(next.patient.meta.versionId);
  const audited = change?.recordStatement({ before: version - 1, version, subject: next.patient.id });
  const more = [keepStatement(answer), ...(audited ? [audited] : [])];
  if (!(await patients.replace(before, next, more)))
    throw outcomes.versionMismatch('another update came first');
  change?.done();
  return answer;
}

/** Parses a JSON object from a client. */
export function readObject(body: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw outcomes.unsupportedService('the body is no JSON');
  }
  if (!isObject(value)) throw outcomes.unsupportedService('the body is no JSON object');
  return value;
}

/** Refuses a body of another media type. By default any JSON is accepted except FHIR's own, as in the published service. */
export function checkContentType({ headers }: OperationRequest, types?: readonly string[]): void {
  const type = headers.get('content-type')?.toLowerCase().split(';')[0]?.trim() ?? '';
  if (!(types?.includes(type) ?? type.startsWith('application/json')))
    throw outcomes.unsupportedService('another content type');
}
