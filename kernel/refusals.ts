import type { RefusedBecause } from './answer.ts';
import type { Actor } from './errors.ts';
import { redacted, redactedPath } from './redact.ts';
import type { HttpRequest } from './request.ts';

/** Why a request was refused: what `explain` shows. Never a PIN, a secret, a token or patient data. */
export interface RefusalRecord {
  /** Id of the request, in the header `X-Message-Id` of every answer. */
  messageId: string;
  /** The client's own ids, where it sent any. */
  requestId?: string | undefined;
  correlationId?: string | undefined;
  service: string;
  /** Name of the catalogue entry, `service.name`. */
  error: string;
  code: string;
  status: number;
  /** The public sentence, its places unfilled. */
  description: string;
  /** What was expected and what was received. */
  detail: string;
  fix: string;
  actor: Actor;
  source: string;
  method: string;
  path: string;
}

/** Takes the refusals of a process; never fails and never waits. */
export interface RefusalRecorder {
  record(refusal: RefusalRecord, address: string): void;
}

/** Longest detail in characters. */
const longestDetail = 2_000;
/** Longest id of a client that is looked up. */
const longestId = 200;

const idOf = (value: string | string[] | undefined): string | undefined =>
  typeof value === 'string' && value !== '' && value.length <= longestId ? value : undefined;

/** The record of a refused request, at the service of its catalogue entry, or where that is the kernel's at the listener's. */
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
