import { isoTime } from '@alongside/kernel/clock';
import { isObject } from '@alongside/kernel/json';
import type { JsonWebKey } from '@alongside/kernel/jws';
import { z } from 'zod';
import { integer, nullable, oneOf, type RowOf, row, sharedJson, text } from '../../storage/row.ts';
import { endCauses, generations, type SessionState, sessionModes } from '../protocol.ts';

/** Milliseconds. A session ends this long after the agent was last heard from, and this long after it began. */
export const sessionLimits = { idle: 600_000, absolute: 36_000_000 };

/** Seconds between the heartbeats of an agent. */
export const heartbeatEvery = 120;

export const sessionRow = row('cis_session', {
  id: text,
  uid: text,
  agentId: text,
  cardSerial: text,
  sessionJwk: sharedJson(z.custom<JsonWebKey>(isObject)),
  generation: oneOf(...generations),
  mode: oneOf(...sessionModes),
  roleId: nullable(text),
  createdAt: integer,
  pinAt: integer,
  heartbeatAt: integer,
  endsAt: integer,
  endedAt: nullable(integer),
  endCause: nullable(oneOf(...endCauses)),
});

/** A stored session. Times are milliseconds. */
export type Session = Omit<RowOf<typeof sessionRow>, 'sessionJwk'> & { sessionKey: JsonWebKey };

export const sessionFromRow = ({ sessionJwk, ...row }: RowOf<typeof sessionRow>): Session => ({
  ...row,
  sessionKey: sessionJwk,
});

/** Returns the time at which the session ends without another heartbeat. */
export const idleEnd = (session: Session): number =>
  Math.min(session.heartbeatAt + sessionLimits.idle, session.endsAt);

/** Returns the state of a session for services. */
export const stateOf = (session: Session): SessionState => ({
  active: session.endedAt === null,
  sessionId: session.id,
  uid: session.uid,
  agentId: session.agentId,
  cardSerial: session.cardSerial,
  generation: session.generation,
  mode: session.mode,
  pinTime: isoTime(session.pinAt),
  endsAt: isoTime(session.endsAt),
  roleId: session.roleId,
  sessionKey: session.sessionKey,
  endCause: session.endCause,
});
