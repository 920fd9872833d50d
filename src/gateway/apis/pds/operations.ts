import type { Answer } from '@alongside/kernel/answer';
import type { Clock } from '@alongside/kernel/clock';
import type { BackEndRequest } from '../../api.ts';
import type { HeaderMap } from '../../headers.ts';
import type { Grants } from './redaction.ts';
import type { Patients } from './store.ts';

/** A request to an operation of the PDS. */
export interface OperationRequest {
  /** Named parts of the path. */
  parts: Readonly<Record<string, string>>;
  query: string;
  headers: HeaderMap;
  body: string;
  grants: Grants;
  patients: Patients;
  clock: Clock;
  /** Returns the audit record of a change, for its batch. */
  changeStatement?: BackEndRequest['changeStatement'];
}

/** One operation of the PDS FHIR API. */
export interface Operation {
  method: string;
  /** Path below the base path, with named parts. */
  path: RegExp;
  answer(asked: OperationRequest): Promise<Answer>;
}

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
