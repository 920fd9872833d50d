import type { JsonWebKey } from '@alongside/kernel/jwk';
import type { RoleProfile } from './directory.ts';
import type { Generation, SessionMode } from './modes.ts';

// From the challenge to a session.

/** `POST /sessions/challenge` answers with it. Single use. */
export interface ChallengeAnswer {
  challenge: string;
  /** Seconds. */
  expiresIn: number;
}

/**
 * What the card signs at sign-in, as UTF-8: the challenge of CIS and the thumbprint of the session key that the agent made,
 * so that neither can be used with the other's counterpart.
 */
export const signInMessage = (challenge: string, sessionKeyThumbprint: string): string =>
  `alongside cis sign-in\n${challenge}\n${sessionKeyThumbprint}`;

/** How the card signs: ECDSA P-256 (DER) or RSASSA-PKCS1-v1_5, both over SHA-256. */
export interface CardSignature {
  /** The card's authentication certificate, DER in base64. */
  certificate: string;
  /** Base64. */
  signature: string;
}

/** `POST /sessions`, with the agent's proof of its own key as for presence: its thumbprint is `agentId`. */
export interface SignInRequest extends CardSignature {
  challenge: string;
  /** Public P-256 key that the agent made for this session. */
  sessionKey: JsonWebKey;
  agentId: string;
  generation: Generation;
  mode: SessionMode;
}

/** `POST /sessions` answers 201 with it. */
export interface SignInAnswer {
  sessionId: string;
  uid: string;
  /** For the person at the desk. */
  displayName: string;
  roles: RoleProfile[];
  roleId: string | null;
  /** JWS of CIS, `typ: cis-session+jwt`, that certifies the session key: `iss`, `sub` uid, `sid`, `iat`, `exp`, `cnf.jwk` (RFC 7800). */
  sessionCertificate: string;
  /** Seconds between heartbeats. */
  heartbeatEvery: number;
  /** ISO time: the session ends then at the latest. */
  endsAt: string;
}

/** Why CIS refuses a sign-in; `error` of the body, with `error_description` for the person. */
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

/** Header in which the agent proves that it holds the session key (or, for sign-in and presence, its own key). */
export const proofHeader = 'agent-proof';

/** `typ` of that proof: ES256, claims `htm`, `htu`, `iat`, `jti` and `sid` of the session. Sign-in and presence carry the public key as `jwk` in the header instead. */
export const agentCallType = 'cis-agent-call+jwt';
export const sessionCertificateType = 'cis-session+jwt';
