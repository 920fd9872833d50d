import type { JsonWebKey } from '@alongside/kernel/jwk';

// What CIS and those who call it agree on. The only file of this folder that others may import.

/** Generation of the Identity Agent: the HSCN one, or the newer one (Smartcard Connect). */
export type Generation = 'hscn' | 'internet';

/**
 * What happens to the session when the card leaves the reader. Of several that are switched on the agent takes the first of
 * Mobility, Session Lock Persistence, Enhanced Normal, Normal, and tells CIS at sign-in; CIS keeps it with the session and shows
 * it to services. What CIS does is the same in all of them: a session ends 600 s after the last heartbeat (every 120 s) or PIN, and
 * ten hours after it began. A mode shows in who sends what: in Normal and Enhanced Normal the agent ends the session with the
 * card (`cardRemoved`); under Session Lock Persistence, and while a screen is locked, it sends no heartbeat, so the PIN has to
 * come within 600 s; in Mobility, and in the newer generation, heartbeats go on without the card.
 */
export type SessionMode = 'normal' | 'enhancedNormal' | 'sessionLockPersistence' | 'mobility';

/** Addresses below the origin of CIS. */
export const paths = {
  challenge: '/sessions/challenge',
  sessions: '/sessions',
  /** `GET` liveness (services), `DELETE` sign-out (agent). */
  session: (id: string) => `/sessions/${encodeURIComponent(id)}`,
  heartbeat: (id: string) => `/sessions/${encodeURIComponent(id)}/heartbeat`,
  /** `GET`, agent: waits for the end of its session. */
  end: (id: string) => `/sessions/${encodeURIComponent(id)}/end`,
  role: (id: string) => `/sessions/${encodeURIComponent(id)}/role`,
  /** The PIN was given again: a new card signature for the same session. */
  pin: (id: string) => `/sessions/${encodeURIComponent(id)}/pin`,
  /** Liveness and the card's own signature of a hand-off, in one question of CIS2. */
  proof: (id: string) => `/sessions/${encodeURIComponent(id)}/proof`,
  presence: '/agents/presence',
  people: '/directory/people',
  person: (uid: string) => `/directory/people/${encodeURIComponent(uid)}`,
  changes: '/directory/changes',
  organisations: '/directory/organisations',
  certificates: '/cards/certificates',
  /** A live session has its card's keys replaced, in the last days of its certificates. */
  cardRenewal: (sessionId: string) => `/sessions/${encodeURIComponent(sessionId)}/card-renewal`,
  /** A ticket for a desktop application that knows only the legacy interface; 404 where that is off. */
  legacyTicket: (sessionId: string) => `/sessions/${encodeURIComponent(sessionId)}/legacy-ticket`,
  /** Cards as the registration authority sees them (console). */
  cards: '/cards',
  card: (serial: string) => `/cards/${encodeURIComponent(serial)}`,
  /** `POST`, console: one act of the registration authority. */
  cardAct: (serial: string, act: CardAct) => `/cards/${encodeURIComponent(serial)}/${act}`,
  /** `POST`, agent: mails a code to the holder of a blocked card. */
  unlockCode: (serial: string) => `/cards/${encodeURIComponent(serial)}/unlock-code`,
  /** `POST`, agent: gives the mailed code for the card's unblocking code. */
  unlock: (serial: string) => `/cards/${encodeURIComponent(serial)}/unlock`,
  /** `POST`, agent: the card's PIN has been blocked, or is open again. */
  pinState: (serial: string) => `/cards/${encodeURIComponent(serial)}/pin-state`,
  /** Cards as an export carries them (console). */
  cardRecords: '/card-records',
  cardRecord: (serial: string) => `/card-records/${encodeURIComponent(serial)}`,
  crl: '/cards/crl',
  ocsp: '/cards/ocsp',
  mailOutbox: '/mail/outbox',
  directoryImport: '/directory/import',
  directoryExport: '/directory/export',
  activities: '/directory/activities',
  /** What a person may do in each role, with all that the activities of the role include. */
  personActivities: (uid: string) => `/directory/people/${encodeURIComponent(uid)}/activities`,
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

/**
 * `GET /directory/changes?after=N`: who was changed or removed since, oldest first, at most a thousand; `last` is `after` of the next
 * call. Without `after` nobody, and the number of now. A change that is written at the same moment as another may be left out, and
 * ten thousand are kept: who must know for certain looks at each person now and then as well.
 */
export interface ChangesAnswer {
  uids: string[];
  last: number;
}

/** `GET /directory/organisations`. */
export interface OrganisationsAnswer {
  organisations: { code: string; name: string }[];
}

/** An activity (business function) of the national access model; one may include others. */
export interface Activity {
  code: string;
  name: string;
  includes: string[];
}

/** `GET /directory/people/{uid}/activities` answers with a list of them, `roles`. */
export interface RoleActivities {
  roleId: string;
  /** `includedBy` is the activity that brought it; null for the role's own. */
  activities: { code: string; name: string; includedBy: string | null }[];
}

/** `GET /directory/export?format=json`, and the body of `POST /directory/import` as `application/json`. */
export interface DirectoryDocument {
  version: 1;
  people: Person[];
  organisations: { code: string; name: string }[];
  activities: Activity[];
}

/**
 * `POST /directory/import?dryRun=`, `application/json` or `text/csv` as the export gives them: 200, or 422 `invalid_import` with
 * the same members when something is wrong; then nothing was written. People who are not in it stay.
 */
export interface ImportAnswer {
  dryRun: boolean;
  added: number;
  changed: number;
  unchanged: number;
  /** Line of the CSV file, or place in the list, from 1; at most 200. */
  errors: { line: number; field: string; problem: string }[];
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
  /**
   * The card's unblocking code (PUK), 8 digits. CIS keeps it sealed, for self-service unlocking. Without it a virtual card of
   * development counts as having the published one.
   */
  unblockingCode?: string;
}

/** DER in base64. */
export interface CertificateAnswer {
  authentication: string;
  signing: string;
}

/** Days before the end of its certificate in which a card can be renewed by its holder. */
export const renewalDays = 90;

/**
 * What the card signs, with the key that it has, to be given certificates for new keys; as UTF-8. The keys are base64 as in
 * the request.
 */
export const cardRenewalMessage = (
  challenge: string,
  cardSerial: string,
  authenticationKey: string,
  signingKey: string,
): string => `alongside card renewal\n${challenge}\n${cardSerial}\n${authenticationKey}\n${signingKey}`;

/**
 * `POST /sessions/{id}/card-renewal`, with the session's proof: the certificate that the card has, its signature over
 * `cardRenewalMessage` and the new public keys (SPKI DER, base64). Answered 201 by `CertificateAnswer`; 409 `renewal_too_early`
 * before the last `renewalDays` days, 403 with the code of `SignInRefusal` when the card does not pass.
 */
export interface CardRenewalRequest extends CardSignature {
  challenge: string;
  authenticationKey: string;
  signingKey: string;
}

/** `POST /cards/{serial}/unlock-code`, no body: 202 with this, whether or not a mail was sent. */
export interface UnlockCodeAnswer {
  /** Seconds for which a mailed code is good. */
  expiresIn: number;
}

/**
 * `POST /cards/{serial}/unlock`: 200 with the answer, once; 403 `wrong_code` with `attemptsLeft`; 410 `expired` when there
 * is no code that could be right any more.
 */
export interface UnlockRequest {
  /** Eight digits, as mailed. */
  code: string;
}

export interface UnlockAnswer {
  /** What the card takes in place of its PIN to have a new one set. */
  unblockingCode: string;
}

/** `POST /cards/{serial}/pin-state`, with the agent's own proof as for presence: 204. For the record only, nothing is decided by it. */
export interface PinStateRequest {
  pin: PinState;
}

export type PinState = 'open' | 'blocked';

/** `POST /sessions/{id}/legacy-ticket`, no body, with the session's proof: 201. Making one makes the former ones of the session worthless. */
export interface LegacyTicketAnswer {
  ticket: string;
}

/** What the registration authority does with a card: the last part of the address. */
export type CardAct = 'revoke' | 'replace' | 'renew' | 'unblock';

/** What the registration authority knows of a card. */
export interface CardRecord {
  serial: string;
  uid: string;
  /** `ordered`: no keys yet. `expired` by the clock. */
  state: 'ordered' | 'active' | 'expired' | 'revoked' | 'replaced';
  pin: PinState;
  /** Whether it is to be made with a blocked PIN. */
  issuedLocked: boolean;
  /** Uid of who ordered it; null for one that the card issuer made by itself. */
  orderedBy: string | null;
  /** Serial of the card that it stands for. */
  replaces: string | null;
  /** ISO times of its authentication certificate; null without one. */
  notBefore: string | null;
  notAfter: string | null;
  /** Whether its holder may renew it now. */
  renewable: boolean;
  revokedAt: string | null;
  revocationReason: RevocationReason | null;
  /** Whether CIS keeps its unblocking code. */
  unlockable: boolean;
}

/** `GET /cards?uid=&after=&limit=`. */
export interface CardsAnswer {
  cards: CardRecord[];
  next: string | null;
}

/** A card as an export carries it: what became of it and which certificates it was given. Times in milliseconds. */
export interface KeptCard {
  serial: string;
  uid: string;
  state: 'ordered' | 'active' | 'revoked' | 'replaced';
  pin: PinState;
  issuedLocked: boolean;
  orderedBy: string | null;
  replaces: string | null;
  renewalUntil: number | null;
  createdAt: number;
  issued: {
    /** Hexadecimal, lower case. */
    serial: string;
    purpose: 'authentication' | 'signing';
    notBefore: number;
    notAfter: number;
    revokedAt: number | null;
    revocationReason: RevocationReason | null;
    issuedAt: number | null;
  }[];
}

/** `GET /card-records?after=`: cards by serial; `PUT` and `DELETE /card-records/{serial}` answer 204. */
export interface KeptCardsAnswer {
  cards: KeptCard[];
  next: string | null;
}

/** `POST /cards`: a card is ordered for a person. 201 with the `CardRecord`; 422 `act_not_allowed`. */
export interface CardOrder {
  /** Uid of the acting person: it must have a role that may do this. */
  actor: string;
  uid: string;
  /** A random one unless given. */
  serial?: string;
  /** Issued with a blocked PIN, which its holder opens by self-service. */
  locked?: boolean;
}

/** Reasons of a revocation (RFC 5280 section 5.3.1). */
export const revocationReasons = [
  'unspecified',
  'keyCompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'privilegeWithdrawn',
] as const;

export type RevocationReason = (typeof revocationReasons)[number];

/** Body of `POST /cards/{serial}/revoke`: 200 with the `CardRecord`. Sessions of the card end. */
export interface CardRevocation {
  actor: string;
  reason: RevocationReason;
}

/** Body of `POST /cards/{serial}/replace`: the old one is revoked, 201 with the `CardRecord` of the new one. */
export interface CardReplacement {
  actor: string;
  reason: RevocationReason;
  /** Serial of the new card; a random one unless given. */
  serial?: string;
  locked?: boolean;
}

/** Body of `POST /cards/{serial}/renew` (200 `CardRecord`: new keys may be certified within 24 hours) and `/unblock` (200 `UnlockAnswer`). */
export interface CardActRequest {
  actor: string;
}

/** One mail of the outbox, as the console shows it. */
export interface OutboxMail {
  id: string;
  to: string;
  subject: string;
  text: string;
  /** ISO time. */
  createdAt: string;
  state: 'kept' | 'waiting' | 'sent' | 'failed';
  attempts: number;
  /** ISO time. */
  sentAt: string | null;
}

/** `GET /mail/outbox?limit=`, console and development only: the latest first. */
export interface OutboxAnswer {
  mails: OutboxMail[];
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
