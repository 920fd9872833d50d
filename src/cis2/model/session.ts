import type { EndCause } from '../../cis/protocol.ts';
import type { Authentication } from './authentication.ts';

/** Why a session ends: the causes of CIS are those of CIS2. */
export type EndReason = EndCause;

/** What the next sign-in in a browser does after a sign-out: asks "Continue as …", signs in silently, or asks for the PIN. */
export type AfterSignOut = 'ask' | 'silent' | 'pin';

/** What an ID token hint does in a browser without its session: asks the user, or ends the session. */
export type SignOutWithoutSession = 'ask' | 'end';

/** A person signed in at CIS2 in one browser. Times in milliseconds. */
export interface Session {
  /** Known to clients; never the cookie. */
  sid: string;
  /** Of the realm in which the person signed in. */
  issuer: string;
  uid: string;
  cisSessionId: string | null;
  agentId: string | null;
  authentication: Authentication;
  idAssuranceLevel: string;
  /** The role that the person works in, until another is chosen. */
  roleId: string | null;
  activeAt: number;
  endsAt: number;
}

/** What a row holds as JSON. */
export type SessionBody = Pick<Session, 'issuer' | 'authentication' | 'idAssuranceLevel' | 'roleId'>;

/** A session as it is kept. */
export interface SessionRow {
  sid: string;
  uid: string;
  cis_session_id: string | null;
  agent_id: string | null;
  body: string;
  active_at: number;
  ends_at: number;
}

/** @param issuer of a session that was kept before there were realms. */
export const fromRow = (row: SessionRow, issuer = ''): Session => ({
  sid: row.sid,
  uid: row.uid,
  cisSessionId: row.cis_session_id,
  agentId: row.agent_id,
  ...({ issuer, ...JSON.parse(row.body) } as SessionBody),
  activeAt: row.active_at,
  endsAt: row.ends_at,
});

const minute = 60_000;

/** How long a session is used silently without being used, by level (NIST SP 800-63B section 4): the person's idleness. */
export const idleTime = (session: Session): number =>
  (session.authentication.level.nhs === 3 ? 15 : 30) * minute;

/**
 * Whether the workstation watches over the person's idleness: it locks, or the card leaves, and then CIS ends the smartcard session and
 * this one with it. In the newer generation the card may be gone long since.
 */
export const isWatched = ({ cisSessionId, authentication }: Session): boolean =>
  cisSessionId !== null && !authentication.methods.includes('CIS2_SMARTCARD');
