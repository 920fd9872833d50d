import type { WithConfirmation } from '../../../oauth/server/sender-constraint.ts';
import type { WithProducts } from '../../application/client.ts';
import type { Attributes } from '../../attributes.ts';
import type { Base } from '../../base.ts';
import type { Parts } from '../../parts.ts';
import type { Level, Upstream } from '../../upstream/upstream.ts';

/** A party of a token, as `act` and `may_act` name it (RFC 8693 sections 4.1 and 4.4). */
export type Party = Record<string, unknown>;

/** What a subject or actor token proves. */
export interface Proven {
  /** Who it is about. */
  sub: string;
  iss: string;
  /** The client that it was given to, where it is one of our own access tokens. */
  clientId: string | null;
  /** Issued to another client than the one that exchanges it, which then acts for the subject. */
  foreign: boolean;
  /** Null for an application that acts for itself. */
  uid: string | null;
  sid: string | null;
  /** Joins tokens that end together; null begins a new family. */
  family: string | null;
  /** Milliseconds. */
  expiresAt: number;
  /** The most that may come of it; a level stands for all of its scopes. */
  limit: { scope: readonly string[] } | { level: Level };
  /** Where it may be used; empty means everywhere at the platform. */
  resources: readonly string[];
  /** What tokens that come of it say of the person. */
  attributes: Attributes;
  act: Party | null;
  mayAct: Party | null;
  /** The provider behind it: it chooses how long refreshing goes on. */
  upstream: Upstream;
}

export type Asking = WithProducts & WithConfirmation;

/** One type of token that can be exchanged: one file each. */
export interface TokenType {
  /** As `subject_token_type` and `actor_token_type` name it (RFC 8693 section 3). */
  readonly type: string;
  /** What the token proves, or why it proves nothing, in words for the log. */
  read(
    token: string,
    asking: Asking,
    base: Base,
    parts: Parts,
    as: 'subject' | 'actor',
  ): Promise<Proven | { fault: string }>;
}

export const partyIn = (value: unknown): Party | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Party) : null;
