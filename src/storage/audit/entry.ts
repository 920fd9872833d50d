import { z } from 'zod';
import { storedJson } from '../row.ts';
import type { AuditAction, auditActions } from './catalogue.ts';

/** Actor of the records that the audit log writes about itself. */
export const auditWriter = 'audit log';

export type AuditOutcome = 'ok' | 'refused' | 'failed';
export type Fact = string | number | boolean;

/** Names of the facts that the catalogue lists for an action. */
type FactName<A extends AuditAction> = (typeof auditActions)[A]['facts'][number];

/** An act and its actor. Never a name, a date of birth, an address of a person, a PIN, a secret or a token. */
export interface AuditEntry<A extends AuditAction = AuditAction> {
  action: A;
  outcome: AuditOutcome;
  /** uid of the user, or the service or operator that acted; empty if unknown. */
  actor: string;
  /** Id or code of the role in which the user acted. */
  role?: string | null | undefined;
  organisation?: string | null | undefined;
  /** uid of the user for whom another party acts. */
  onBehalfOf?: string | null | undefined;
  /** Id of the application or relying party. */
  application?: string | null | undefined;
  /** SHA-256 of the access token. */
  tokenId?: string | null | undefined;
  /** Links everything from one authorization: its code, its tokens and their calls. */
  family?: string | null | undefined;
  /** Id of the CIS or CIS2 session. */
  session?: string | null | undefined;
  /** NHS number. Stored as an HMAC for searches, and encrypted. */
  subject?: string | null | undefined;
  /** Id of the object that the act changed or read. */
  target?: string | null | undefined;
  /** Network address of the caller. */
  address?: string | null | undefined;
  /** Id of the agent or authenticator. */
  device?: string | null | undefined;
  requestId?: string | null | undefined;
  correlationId?: string | null | undefined;
  detail?: Readonly<Partial<Record<FactName<A>, Fact | undefined>>> | undefined;
}

/** Actions with records that may be written without a batch. */
export type LoneAction = {
  [A in AuditAction]: (typeof auditActions)[A] extends { alone: true } ? A : never;
}[AuditAction];

/** An entry without a batch: for such an action, or for a refusal. An act that writes to the database is neither. */
export type LoneEntry<A extends AuditAction> = AuditEntry<A> &
  ([A] extends [LoneAction] ? unknown : { outcome: 'refused' | 'failed' });

/** The part of an entry that is stored as JSON. */
export type AuditBody = Partial<
  Record<
    | 'target'
    | 'role'
    | 'organisation'
    | 'onBehalfOf'
    | 'tokenId'
    | 'family'
    | 'session'
    | 'address'
    | 'device'
    | 'requestId'
    | 'correlationId'
    | 'sealedSubject',
    string
  >
> & {
  detail?: Record<string, Fact>;
  /** Chain, number and MAC of the records in an anchor or a deletion. */
  heads?: readonly ChainHead[];
};

export type ChainHead = readonly [chain: string, seq: number, mac: string];

// Only that it is an object: a changed record must still be shown.
const anyObject = <T>() => z.custom<T>((value) => typeof value === 'object' && value !== null);
const bodyShape = anyObject<AuditBody>();
const factsShape = anyObject<Record<string, Fact>>();
const entryShape = anyObject<EncodedEntry>();

export const auditBodyOf = (body: string): AuditBody => storedJson(bodyShape, body, 'audit_block.records');
export const factsIn = (detail: string): Record<string, Fact> =>
  storedJson(factsShape, detail, 'audit.detail');
export const encodedEntryOf = (entry: string): EncodedEntry =>
  storedJson(entryShape, entry, 'audit_unsealed.entry');

/** An NHS number as records have it. */
export interface SealedSubject {
  /** The same for each record about this patient, so that an auditor can search by NHS number. */
  readonly hmac: string;
  readonly sealed: string;
}

/** An entry ready to be sealed. */
export interface EncodedEntry {
  at: number;
  action: string;
  outcome: string;
  actor: string;
  application: string;
  /** HMAC of the NHS number. */
  subject: string;
  /** JSON of `AuditBody`. */
  body: string;
}

/** A sealed record as it is stored. */
export interface AuditRow extends EncodedEntry {
  /** Increases over all chains. */
  id: number;
  chain: string;
  /** Number within its chain; the first is 1. */
  seq: number;
  /** `mac` of the previous record in its chain; empty for the first. */
  previous: string;
  mac: string;
}

/** Maximum length of one member's text in characters. */
const longest = 500;
/** Maximum length of the SHA-256 of 250 signed documents. */
const maxDigestsLength = 12_000;
const clipped = (value: string, most = longest): string =>
  value.length > most ? value.slice(0, most) : value;
/** Returns a text that JSON leaves out if it is empty. */
const textOf = (value: string | null | undefined): string | undefined => (value ? clipped(value) : undefined);

function factsOf(detail: AuditEntry['detail']): Record<string, Fact> | undefined {
  let facts: Record<string, Fact> | undefined;
  for (const [name, value] of Object.entries(detail ?? {})) {
    if (value === undefined) continue;
    facts ??= {};
    facts[name] =
      typeof value === 'string' ? clipped(value, name === 'digests' ? maxDigestsLength : longest) : value;
  }
  return facts;
}

/**
 * @param subject the entry's NHS number
 * @param heads for anchors and deletions
 */
export function encodeEntry(
  entry: AuditEntry,
  at: number,
  subject: SealedSubject | undefined,
  heads?: readonly ChainHead[],
): EncodedEntry {
  const body: { [M in keyof AuditBody]: AuditBody[M] | undefined } = {
    heads,
    target: textOf(entry.target),
    role: textOf(entry.role),
    organisation: textOf(entry.organisation),
    onBehalfOf: textOf(entry.onBehalfOf),
    tokenId: textOf(entry.tokenId),
    family: textOf(entry.family),
    session: textOf(entry.session),
    address: textOf(entry.address),
    device: textOf(entry.device),
    requestId: textOf(entry.requestId),
    correlationId: textOf(entry.correlationId),
    sealedSubject: subject?.sealed,
    detail: factsOf(entry.detail),
  };
  return {
    at,
    action: entry.action,
    outcome: entry.outcome,
    actor: clipped(entry.actor),
    application: clipped(entry.application ?? ''),
    subject: subject?.hmac ?? '',
    body: JSON.stringify(body),
  };
}
