import { isObject } from '@alongside/kernel/json';
import type { JsonWebKey } from '@alongside/kernel/jws';
import { z } from 'zod';
import { integer, nullable, oneOf, type RowOf, row, sharedJson, text } from '../../storage/row.ts';
import {
  type EndCause,
  endCauses,
  type Generation,
  generations,
  type SessionMode,
  type SessionState,
  sessionModes,
} from '../protocol.ts';

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

export const sessionRow = row('cis_session', {
  id: text,
  uid: text,
  agent_id: text,
  card_serial: text,
  session_jwk: sharedJson(z.custom<JsonWebKey>(isObject)),
  generation: oneOf(...generations),
  mode: oneOf(...sessionModes),
  role_id: nullable(text),
  created_at: integer,
  pin_at: integer,
  heartbeat_at: integer,
  ends_at: integer,
  ended_at: nullable(integer),
  end_cause: nullable(oneOf(...endCauses)),
});

export const sessionFromRow = (row: RowOf<typeof sessionRow>): Session => ({
  id: row.id,
  uid: row.uid,
  agentId: row.agent_id,
  cardSerial: row.card_serial,
  sessionKey: row.session_jwk,
  generation: row.generation,
  mode: row.mode,
  roleId: row.role_id,
  createdAt: row.created_at,
  pinAt: row.pin_at,
  heartbeatAt: row.heartbeat_at,
  endsAt: row.ends_at,
  endedAt: row.ended_at,
  endCause: row.end_cause,
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
