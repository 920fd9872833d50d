import type { JsonWebKey } from '@alongside/kernel/jws';
import type { Person } from './answers.ts';
import type { CardSignature, Generation, SessionMode, SignInRefusal } from './sign-in.ts';

/** Response of `POST /sessions/{id}/heartbeat`, a request without a body. */
export interface HeartbeatAnswer {
  /** ISO time at which the session ends without another heartbeat or PIN. */
  idleEndsAt: string;
  /** Latest end of the session, as an ISO time. */
  endsAt: string;
}

/** Seconds that `GET /sessions/{id}/end` waits: below the usual time-outs of proxies. */
export const endWait = 25;

/**
 * Response of `GET /sessions/{id}/end`, sent as soon as the session ends, or with null after `endWait`; the agent then calls again.
 * The call is not a heartbeat.
 */
export interface SessionEnd {
  endCause: EndCause | null;
}

/** Body and response of `PUT` (or `POST`) `/sessions/{id}/role`. Null undoes the choice. */
export interface RoleChoice {
  roleId: string | null;
}

/** Body of `POST /sessions/{id}/pin`: a new challenge, signed by a card of the same person as at sign-in (`signInMessage`). */
export interface PinRequest extends CardSignature {
  challenge: string;
}

/** Response of `POST /sessions/{id}/pin`. */
export interface PinAnswer {
  /** ISO time. */
  pinTime: string;
}

/** Body of `DELETE /sessions/{id}`, which responds with 204. Without a body the cause is `signedOut`. */
export interface SignOutRequest {
  cause: AgentEndCause;
}

/** The cause for which an agent ends its session. */
export const agentEndCauses = ['cardRemoved', 'signedOut', 'anotherPerson', 'agentStopped'] as const;
export type AgentEndCause = (typeof agentEndCauses)[number];

export const endCauses = [...agentEndCauses, 'expired', 'administrator', 'disabled'] as const;
export type EndCause = (typeof endCauses)[number];

/** Response of `GET /sessions/{id}`, for services. */
export interface SessionState {
  active: boolean;
  sessionId: string;
  uid: string;
  agentId: string;
  cardSerial: string;
  generation: Generation;
  mode: SessionMode;
  /** ISO time of the last PIN. */
  pinTime: string;
  endsAt: string;
  roleId: string | null;
  sessionKey: JsonWebKey;
  endCause: EndCause | null;
}

/** Body of `POST /sessions/{id}/proof`, for CIS2: reads the session and verifies a card signature. */
export interface ProofRequest {
  /** The signed bytes in base64; null if the card was not in the reader. */
  message: string | null;
  card: CardSignature | null;
}

export interface ProofAnswer {
  session: SessionState;
  /** The result of the verification; null without a card signature. */
  card: { valid: boolean; reason: SignInRefusal | null } | null;
}

/**
 * Response of `POST /sessions/{id}/legacy-ticket`, with status 201. The call has the session's proof and no body. A new ticket
 * replaces the previous one of the session.
 */
export interface LegacyTicketAnswer {
  ticket: string;
}

/** Body of `POST {cis2}/agent/session-ended`, which CIS sends as soon as a session has ended, with the service secret. */
export interface SessionEnded {
  sessionId: string;
  agentId: string;
  uid: string;
  cause: EndCause;
  /** In the newer generation and in Mobility, only some causes end the CIS2 session of the user. */
  generation: Generation;
}

/** Body of `POST /agents/presence`: reports an agent, signed in or not. The id of an agent is the thumbprint of its key. */
export interface PresenceRequest {
  sessionId: string | null;
}

/** Seconds between the reports of an agent, and for which one counts. */
export const presence = { every: 120, counts: 240 } as const;

/** Response of `GET /agents/presence?address=A`, for CIS2: the agents that recently reported from this address. */
export interface PresenceAnswer {
  agents: { agentId: string; seenAt: string; sessionId: string | null }[];
}

/** The data that other services of the process read from CIS without a request, as the route of the same name returns it. */
export interface CisReads {
  person(uid: string): Promise<Person | undefined>;
  session(id: string): Promise<SessionState | undefined>;
  agentsAt(address: string): Promise<PresenceAnswer['agents']>;
}

/** Body of `POST /clock-moved`, console, development only. */
export interface ClockMoved {
  /** Seconds that were added to the clock; negative if it went back. */
  bySeconds: number;
}
