import type { JsonWebKey } from '@alongside/kernel/jws';
import type { RoleProfile } from './answers.ts';

/** Generation of the Identity Agent: the HSCN one, or the newer one (Smartcard Connect). */
export const generations = ['hscn', 'internet'] as const;
export type Generation = (typeof generations)[number];

/**
 * The effect of removing the card from the reader. If several modes are enabled, the agent uses the first of Mobility, Session
 * Lock Persistence, Enhanced Normal and Normal. CIS stores the mode and returns it to services, but handles all modes alike: a
 * session ends 600 s after the last heartbeat (every 120 s) or PIN, and ten hours after it began. The modes differ in the calls of
 * the agent. In Normal and Enhanced Normal it ends the session when the card is removed (`cardRemoved`). In Session Lock
 * Persistence, and while the screen is locked, it sends no heartbeats, so the user must enter the PIN within 600 s. In Mobility,
 * and in the newer generation, heartbeats continue without the card.
 */
export const sessionModes = ['normal', 'enhancedNormal', 'sessionLockPersistence', 'mobility'] as const;
export type SessionMode = (typeof sessionModes)[number];

/** Response of `POST /sessions/challenge`. A challenge is single use. */
export interface ChallengeAnswer {
  challenge: string;
  /** Seconds. */
  expiresIn: number;
}

/**
 * Returns the message that the card signs at sign-in, as UTF-8. It binds the challenge of CIS to the thumbprint of the session key
 * of the agent.
 */
export const signInMessage = (challenge: string, sessionKeyThumbprint: string): string =>
  `alongside cis sign-in\n${challenge}\n${sessionKeyThumbprint}`;

/** A signature of the card: ECDSA P-256 (DER) or RSASSA-PKCS1-v1_5, both over SHA-256. */
export interface CardSignature {
  /** The card's authentication certificate, DER in base64. */
  certificate: string;
  /** Base64. */
  signature: string;
}

/** Body of `POST /sessions`. The agent proves its own key, as for presence; `agentId` is the thumbprint of that key. */
export interface SignInRequest extends CardSignature {
  challenge: string;
  /** Public P-256 key that the agent generated for this session. */
  sessionKey: JsonWebKey;
  agentId: string;
  generation: Generation;
  mode: SessionMode;
}

/** Response of `POST /sessions`, with status 201. */
export interface SignInAnswer {
  sessionId: string;
  uid: string;
  /** Shown to the user. */
  displayName: string;
  roles: RoleProfile[];
  roleId: string | null;
  /** JWS of CIS that certifies the session key, `typ: cis-session+jwt`: `iss`, `sub` uid, `sid`, `iat`, `exp`, `cnf.jwk` (RFC 7800). */
  sessionCertificate: string;
  /** Seconds between heartbeats. */
  heartbeatEvery: number;
  /** Latest end of the session, as an ISO time. */
  endsAt: string;
}

/** The `error` of a rejected sign-in. Its `error_description` is for the user. */
export type SignInRefusal =
  | 'invalid_request'
  | 'challenge_invalid'
  | 'signature_invalid'
  | 'certificate_expired'
  | 'certificate_revoked'
  | 'certificate_untrusted'
  | 'person_unknown'
  | 'person_disabled'
  | 'no_role';

/** Header with the agent's proof that it holds the session key or, for sign-in and presence, its own key. */
export const proofHeader = 'agent-proof';

/**
 * `typ` of that proof: a JWS with ES256 and the claims `htm`, `htu`, `iat`, `jti` and `sid` of the session. For sign-in and presence
 * it has no `sid`, and its header contains the public key as `jwk`.
 */
export const agentCallType = 'cis-agent-call+jwt';
export const sessionCertificateType = 'cis-session+jwt';
