import type { RefusedBecause } from './answer.ts';
import type { Actor } from './errors.ts';
import { redacted, redactedPath } from './redact.ts';
import type { HttpRequest } from './request.ts';

/** The reason for a refusal, as `explain` shows it. Never a PIN, a secret, a token or patient data. */
export interface RefusalRecord {
  /** Id of the request, in the header `X-Message-Id` of every response. */
  messageId: string;
  /** Ids that the client sent, if any. */
  requestId?: string | undefined;
  correlationId?: string | undefined;
  service: string;
  /** Name of the catalogue entry, `service.name`. */
  error: string;
  code: string;
  status: number;
  /** Public description, with unfilled placeholders. */
  description: string;
  /** Expected and received values. */
  detail: string;
  fix: string;
  actor: Actor;
  source: string;
  method: string;
  path: string;
}

/** Stores the refusals of a process. It never fails and never blocks. */
export interface RefusalRecorder {
  record(refusal: RefusalRecord, address: string): void;
}

/** Maximum length of a detail in characters. */
const longestDetail = 2_000;
/** Maximum length of a client's id. */
const longestId = 200;

const idOf = (value: string | string[] | undefined): string | undefined =>
  typeof value === 'string' && value !== '' && value.length <= longestId ? value : undefined;

/**
 * Returns the record of a refused request, for the service of its catalogue entry, or the listener's service
 * for kernel entries.
 */
export function recordOf(
  { refusal: { entry, detail }, path }: RefusedBecause,
  status: number,
  request: Pick<HttpRequest, 'id' | 'method' | 'path' | 'headers'>,
  listener: string,
): RefusalRecord {
  const [owner = listener] = entry.id.split('.');
  return {
    messageId: request.id,
    requestId: idOf(request.headers['x-request-id']),
    correlationId: idOf(request.headers['x-correlation-id']),
    service: owner === 'kernel' ? listener : owner,
    error: entry.id,
    code: entry.code,
    status,
    description: entry.description,
    detail: redacted(detail, longestDetail),
    fix: entry.fix,
    actor: entry.actor,
    source: entry.source,
    method: request.method,
    path: redactedPath(path ?? request.path),
  };
}
