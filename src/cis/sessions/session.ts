import type { JsonWebKey } from '@alongside/kernel/jwk';
import type { Row } from '../../storage/database.ts';
import type { EndCause, Generation, SessionMode, SessionState } from '../protocol.ts';

/** Milliseconds. A session ends this long after the agent was last heard from, and this long after it began. */
export const sessionLimits = { idle: 600_000, absolute: 36_000_000 };

/** Seconds between the heartbeats of an agent. */
export const heartbeatEvery = 120;

/** A stored session. Times are milliseconds. */
export interface Session {
  id: string;
  uid: string;
  agentId: string;
  cardSerial: string;
  sessionKey: JsonWebKey;
  generation: Generation;
  mode: SessionMode;
  roleId: string | null;
  createdAt: number;
  pinAt: number;
  heartbeatAt: number;
  endsAt: number;
  endedAt: number | null;
  endCause: EndCause | null;
}

export const sessionFromRow = (row: Row): Session => ({
  id: String(row.id),
  uid: String(row.uid),
  agentId: String(row.agent_id),
  cardSerial: String(row.card_serial),
  sessionKey: JSON.parse(String(row.session_jwk)) as JsonWebKey,
  generation: row.generation as Generation,
  mode: row.mode as SessionMode,
  roleId: row.role_id as string | null,
  createdAt: Number(row.created_at),
  pinAt: Number(row.pin_at),
  heartbeatAt: Number(row.heartbeat_at),
  endsAt: Number(row.ends_at),
  endedAt: row.ended_at === null ? null : Number(row.ended_at),
  endCause: row.end_cause as EndCause | null,
});

/** Returns the time at which the session ends without another heartbeat. */
export const idleEnd = (session: Session): number =>
  Math.min(session.heartbeatAt + sessionLimits.idle, session.endsAt);

export const iso = (milliseconds: number): string => new Date(milliseconds).toISOString();

/** Returns the state of a session for services. */
export const stateOf = (session: Session): SessionState => ({
  active: session.endedAt === null,
  sessionId: session.id,
  uid: session.uid,
  agentId: session.agentId,
  cardSerial: session.cardSerial,
  generation: session.generation,
  mode: session.mode,
  pinTime: iso(session.pinAt),
  endsAt: iso(session.endsAt),
  roleId: session.roleId,
  sessionKey: session.sessionKey,
  endCause: session.endCause,
});
