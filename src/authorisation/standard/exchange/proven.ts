import type { WithConfirmation } from '../../../oauth/server/sender-constraint.ts';
import type { TokenGrant } from '../../../oauth/token-records.ts';
import type { Level, Upstream } from '../../../oauth/upstream/upstream.ts';
import type { WithProducts } from '../../application/client.ts';
import type { Base } from '../../base.ts';
import type { Attributes } from '../../issue.ts';
import type { PlatformParts } from '../../parts.ts';

/** A party of a token, as `act` and `may_act` name it (RFC 8693 sections 4.1 and 4.4). */
export type Party = Record<string, unknown>;

/** The facts that a subject or actor token proves. */
export interface Proven {
  /** The subject of the token. */
  sub: string;
  iss: string;
  /** The client of an access token of this platform; null otherwise. */
  clientId: string | null;
  /** Whether another client exchanges it, which then acts for the subject. */
  foreign: boolean;
  /** Null for an application that acts for itself. */
  uid: string | null;
  sid: string | null;
  /** The authorization of an access token, which its successors belong to; null otherwise. */
  grant: TokenGrant | null;
  /** Milliseconds. */
  expiresAt: number;
  /** The most that the new token may have; a level has all of its scopes. */
  limit: { scope: readonly string[] } | { level: Level };
  /** Resources at which it may be used; empty for the whole platform. */
  resources: readonly string[];
  /** Attributes about the user for the new tokens. */
  attributes: Attributes;
  act: Party | null;
  mayAct: Party | null;
  /** The provider of the sign-in, which decides the lifetime of refresh tokens. */
  upstream: Upstream;
}

export type Asking = WithProducts & WithConfirmation;

/** A type of token that can be exchanged. */
export interface TokenType {
  /** Value of `subject_token_type` and `actor_token_type` (RFC 8693 section 3). */
  readonly type: string;
  /** Returns the facts that the token proves, or the reason for the log. */
  read(
    token: string,
    asking: Asking,
    base: Base,
    parts: PlatformParts,
    as: 'subject' | 'actor',
  ): Promise<Proven | { fault: string }>;
}

export const partyIn = (value: unknown): Party | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Party) : null;
