import type { IncomingHttpHeaders } from 'node:http';
import type { RefusedBecause } from './answer.ts';
import type { Actor } from './errors.ts';
import { headerId } from './ids.ts';
import type { RefusalFacts } from './refusal-facts.ts';

/**
 * Runs of characters in which secrets are encoded: base64url, hex, and base64 without its slash, which
 * separates path segments.
 */
const run = /[\w+=~-]{24,}/g;
/** NHS numbers. The first digit is 4 to 9; times in seconds begin with 1. */
const nhsNumber = /(?<!\d)[4-9]\d{2}[ -]?\d{3}[ -]?\d{4}(?!\d)/g;
const word = /^[A-Za-z]{1,14}\d{0,2}$/;
/** Excludes words with hyphens, such as the name of a realm or a header. */
const isOpaque = (text: string): boolean =>
  /\d/.test(text) && /[A-Za-z]/.test(text) && !text.split(/[-_]/).every((part) => word.test(part));

/**
 * Truncates text from outside to `longest` characters and removes possible secrets, tokens and patient
 * numbers, for logs and reports. This is a second line of defence: reasons do not quote secrets.
 */
const redacted = (text: string, longest: number): string =>
  text
    .slice(0, longest)
    .replace(run, (found) => (isOpaque(found) ? `${found.slice(0, 4)}… (${found.length} characters)` : found))
    .replace(nhsNumber, '…');

/** Redacts a path for a log: possible tokens, such as that of a one-time link, and personal numbers. */
const redactedPath = (path: string): string =>
  path
    .slice(0, 500)
    .replace(/\d{9,}/g, '…')
    .replace(/[\w-]{20,}/g, (found) => (/\d/.test(found) && /[A-Z]/.test(found) ? '…' : found));

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
  /** The expected value; `facts` may have it more exactly. */
  expected: string;
  /** Expected and received values. */
  detail: string;
  fix: string;
  actor: Actor;
  source: string;
  method: string;
  path: string;
  /** The fault, for people. */
  facts?: RefusalFacts | undefined;
}

/** Stores the refusals of a process. It never fails and never blocks. */
export interface RefusalRecorder {
  record(refusal: RefusalRecord, address: string): void;
}

const redactedFacts = (facts: RefusalFacts): RefusalFacts =>
  Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, redacted(value, maxDetailLength)]));

/** Maximum length of a detail in characters. */
const maxDetailLength = 2_000;
/**
 * Returns the record of a refused request, for the service of its catalogue entry, or the listener's service
 * for kernel entries.
 */
export function recordOf(
  { refusal: { entry, detail, facts }, path }: RefusedBecause,
  status: number,
  request: { id: string; method: string; path: string; headers: IncomingHttpHeaders },
  listener: string,
): RefusalRecord {
  const [owner = listener] = entry.id.split('.');
  const { fix, ...others } = facts ?? {};
  return {
    messageId: request.id,
    requestId: headerId(request.headers['x-request-id']),
    correlationId: headerId(request.headers['x-correlation-id']),
    service: owner === 'kernel' ? listener : owner,
    error: entry.id,
    code: entry.code,
    status,
    description: entry.description,
    expected: entry.expected,
    detail: redacted(detail, maxDetailLength),
    fix: fix ?? entry.fix,
    actor: entry.actor,
    source: entry.source,
    method: request.method,
    path: redactedPath(path ?? request.path),
    ...(facts ? { facts: redactedFacts(others) } : {}),
  };
}
