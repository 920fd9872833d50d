import type { JsonWebKey } from '@alongside/kernel/jwk';

// What CIS and those who call it agree on. The only file of this folder that others may import.

/** Generation of the Identity Agent: the HSCN one, or the newer one (Smartcard Connect). */
export type Generation = 'hscn' | 'internet';

/** What happens to the session when the card leaves the reader. */
export type SessionMode = 'normal' | 'enhancedNormal' | 'sessionLockPersistence' | 'mobility';

/** Addresses below the origin of CIS. */
export const paths = {
  challenge: '/sessions/challenge',
  sessions: '/sessions',
  /** `GET` liveness (services), `DELETE` sign-out (agent). */
  session: (id: string) => `/sessions/${encodeURIComponent(id)}`,
  heartbeat: (id: string) => `/sessions/${encodeURIComponent(id)}/heartbeat`,
  role: (id: string) => `/sessions/${encodeURIComponent(id)}/role`,
  /** The PIN was given again: a new card signature for the same session. */
  pin: (id: string) => `/sessions/${encodeURIComponent(id)}/pin`,
  /** Liveness and the card's own signature of a hand-off, in one question of CIS2. */
  proof: (id: string) => `/sessions/${encodeURIComponent(id)}/proof`,
  presence: '/agents/presence',
  people: '/directory/people',
  person: (uid: string) => `/directory/people/${encodeURIComponent(uid)}`,
  organisations: '/directory/organisations',
  certificates: '/cards/certificates',
  clockMoved: '/clock-moved',
  jwks: '/jwks',
} as const;

/** Address below the origin of a subscriber (CIS2) that is told of ended sessions. */
export const sessionEndedPath = '/agent/session-ended';

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

/** A role of a person at an organisation: one role profile. */
export interface RoleProfile {
  /** Role profile id, 12 digits. */
  roleId: string;
  /** The person's id at the organisation, 12 digits. */
  personOrgId: string;
  /** RBAC code with its groups, `S8000:G8000:R8001`. */
  roleCode: string;
  /** Three quoted parts, `"Clinical":"Clinical Provision":"Nurse Access Role"`. */
  roleName: string;
  orgId?: string;
  /** ODS code. */
  orgCode: string;
  orgName: string;
  activities: { name: string; code: string }[];
  workgroups: { name: string; code: string }[];
  areasOfWork: { name: string; code: string }[];
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

/** `POST /sessions/{id}/heartbeat` answers with it. No body in the request. */
export interface HeartbeatAnswer {
  /** ISO time: the session ends then unless it is heard from again. */
  idleEndsAt: string;
  /** ISO time: the session ends then at the latest. */
  endsAt: string;
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

/** Body of `POST /agents/presence`: the agent is there, signed in or not. Its id is the thumbprint of its own key. */
export interface PresenceRequest {
  sessionId: string | null;
}

/** Seconds: how often agents say that they are there, and for how long that counts. */
export const presence = { every: 120, counts: 240 } as const;

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

/** `GET /agents/presence?address=A` for CIS2: agents heard from that address lately. */
export interface PresenceAnswer {
  agents: { agentId: string; seenAt: string; sessionId: string | null }[];
}

/** A person of the directory, as the console's API also shows it. */
export interface Person {
  uid: string;
  persona: string | null;
  title: string;
  givenName: string;
  middleNames: string;
  familyName: string;
  initials: string;
  displayName: string;
  email: string;
  idAssuranceLevel: string;
  /** What the person can sign in with: `smartcard`, `securityKey`, `windowsHello`, `passkey`, `tabletApp`, `authenticatorApp`, `password`. */
  authenticators: string[];
  organisations: { personOrgId: string; orgCode: string; orgName: string; member: boolean; gnc?: string }[];
  roles: RoleProfile[];
  professionalIds: Partial<
    Record<'gmc' | 'gmp' | 'gdc' | 'gdp' | 'gphc' | 'nmc' | 'rcn' | 'consultant', string>
  >;
  disabled: boolean;
}

/** `GET /directory/people?persona=&after=&limit=`: people by uid. */
export interface PeopleAnswer {
  people: Person[];
  /** `after` of the next page; null at the end. */
  next: string | null;
}

/** `GET /directory/organisations`. */
export interface OrganisationsAnswer {
  organisations: { code: string; name: string }[];
}

/** Body of `POST /clock-moved` by the console. */
export interface ClockMoved {
  /** Seconds by which the clock was moved; negative when it went back. */
  bySeconds: number;
}

/** Which certificate a virtual card is given. */
export type CardProfile = 'standard' | 'expired' | 'revoked' | 'renew' | 'foreign';

/** `POST /cards/certificates` by the issuer of virtual cards. Keys are SPKI DER in base64. */
export interface CertificateRequest {
  uid: string;
  cardSerial: string;
  profile: CardProfile;
  authenticationKey: string;
  signingKey: string;
}

/** DER in base64. */
export interface CertificateAnswer {
  authentication: string;
  signing: string;
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
