import type { JsonWebKey } from '@alongside/kernel/jwk';
import type { Generation, SessionMode } from './modes.ts';
import type { CardSignature, SignInRefusal } from './sign-in.ts';

// A session while it lives, and its end.

/** `POST /sessions/{id}/heartbeat` answers with it. No body in the request. */
export interface HeartbeatAnswer {
  /** ISO time: the session ends then unless it is heard from again. */
  idleEndsAt: string;
  /** ISO time: the session ends then at the latest. */
  endsAt: string;
}

/** Seconds that `GET /sessions/{id}/end` waits: less than proxies let an answer take. */
export const endWait = 25;

/**
 * `GET /sessions/{id}/end` answers with it as soon as the session ends, with null after `endWait`; the agent then asks again.
 * Asking is no heartbeat.
 */
export interface SessionEnd {
  endCause: EndCause | null;
}

/** `PUT` (or `POST`) `/sessions/{id}/role`; answered by the same. Null takes the choice back. */
export interface RoleChoice {
  roleId: string | null;
}

/** `POST /sessions/{id}/pin`: a fresh challenge, signed by the same person's card as at sign-in (`signInMessage`). */
export interface PinRequest extends CardSignature {
  challenge: string;
}

/** `POST /sessions/{id}/pin` answers with it. */
export interface PinAnswer {
  /** ISO time. */
  pinTime: string;
}

/** Body of `DELETE /sessions/{id}`, answered by 204; without a body the cause is `signedOut`. */
export interface SignOutRequest {
  cause: AgentEndCause;
}

/** Why an agent ends its session. */
export type AgentEndCause = 'cardRemoved' | 'signedOut' | 'anotherPerson' | 'agentStopped';

/** Why a session has ended. */
export type EndCause = AgentEndCause | 'expired' | 'administrator' | 'disabled';

/** `GET /sessions/{id}` for services. */
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

/** `POST /sessions/{id}/proof` for CIS2: does the session live, and did this card sign this message? */
export interface ProofRequest {
  /** Base64 of the bytes that the card signed, or null when the card was not in. */
  message: string | null;
  card: CardSignature | null;
}

export interface ProofAnswer {
  session: SessionState;
  /** Null when there was no card signature to check; otherwise whether it holds, and why not. */
  card: { valid: boolean; reason: SignInRefusal | null } | null;
}

/** `POST /sessions/{id}/legacy-ticket`, no body, with the session's proof: 201. Making one makes the former ones of the session worthless. */
export interface LegacyTicketAnswer {
  ticket: string;
}

/** What CIS tells CIS2 as soon as a session has ended: `POST {cis2}/agent/session-ended`, with the service secret. */
export interface SessionEnded {
  sessionId: string;
  agentId: string;
  uid: string;
  cause: EndCause;
  /** In the newer generation and in Mobility the card may leave: then only some causes end the person's CIS2 session. */
  generation: Generation;
}
