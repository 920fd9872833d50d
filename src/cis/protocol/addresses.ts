import type { CardAct } from './registration-authority.ts';

/** Paths of CIS. */
export const paths = {
  challenge: '/sessions/challenge',
  sessions: '/sessions',
  /** `GET` liveness (services), `DELETE` sign-out (agent). */
  session: (id: string) => `/sessions/${encodeURIComponent(id)}`,
  heartbeat: (id: string) => `/sessions/${encodeURIComponent(id)}/heartbeat`,
  /** `GET`, agent: waits until its session ends. */
  end: (id: string) => `/sessions/${encodeURIComponent(id)}/end`,
  role: (id: string) => `/sessions/${encodeURIComponent(id)}/role`,
  /** `POST`, agent: the user entered the PIN again. */
  pin: (id: string) => `/sessions/${encodeURIComponent(id)}/pin`,
  /** `POST`, CIS2: the session state and the verification of a card signature, in one call. */
  proof: (id: string) => `/sessions/${encodeURIComponent(id)}/proof`,
  /** `GET`, console: live sessions, with `?uid=` of one person. */
  consoleSessions: '/console/sessions',
  /** `DELETE`, console. */
  consoleSession: (id: string) => `/console/sessions/${encodeURIComponent(id)}`,
  /** `DELETE`, console: ends all sessions of a person. */
  consoleSessionsOf: (uid: string) => `/console/people/${encodeURIComponent(uid)}/sessions`,
  /** `GET`, console: the certificates that issue those of cards, and their revocation lists. */
  authorities: '/console/authorities',
  presence: '/agents/presence',
  /** `DELETE`, agent: it has restarted, which ends its earlier sessions. */
  agentSessions: '/agents/sessions',
  people: '/directory/people',
  person: (uid: string) => `/directory/people/${encodeURIComponent(uid)}`,
  /** `GET`, console: who gave the person the present position in the registration authority. */
  personMakers: (uid: string) => `/directory/people/${encodeURIComponent(uid)}/makers`,
  personMail: (uid: string) => `/directory/people/${encodeURIComponent(uid)}/mail`,
  changes: '/directory/changes',
  organisations: '/directory/organisations',
  jobRoles: '/directory/job-roles',
  certificates: '/cards/certificates',
  cardSigningKey: '/cards/signing-certificate',
  /** `POST` with `HeldCard`, agent: 204 if the card can sign in, else 403 with a `SignInRefusal`, before the PIN prompt. */
  cardExamination: '/cards/examination',
  /** `POST`, agent: certifies new keys of the card before its certificates expire. */
  cardRenewal: (sessionId: string) => `/sessions/${encodeURIComponent(sessionId)}/card-renewal`,
  /** `POST`, agent: a ticket for a desktop application that uses the legacy interface; 404 if that is off. */
  legacyTicket: (sessionId: string) => `/sessions/${encodeURIComponent(sessionId)}/legacy-ticket`,
  /** Cards for the registration authority (console). */
  cards: '/cards',
  card: (serial: string) => `/cards/${encodeURIComponent(serial)}`,
  /** `POST`, console: an action of the registration authority. */
  cardAct: (serial: string, act: CardAct) => `/cards/${encodeURIComponent(serial)}/${act}`,
  /** `POST`, agent: mails an unlock code to the holder of a blocked card. */
  unlockCode: (serial: string) => `/cards/${encodeURIComponent(serial)}/unlock-code`,
  /** `POST`, agent: exchanges the mailed code for the card's unblocking code. */
  unlock: (serial: string) => `/cards/${encodeURIComponent(serial)}/unlock`,
  /** `POST`, agent: reports that the card's PIN is blocked, or open again. */
  pinState: (serial: string) => `/cards/${encodeURIComponent(serial)}/pin-state`,
  /** Cards as exports contain them (console). */
  cardRecords: '/card-records',
  cardRecord: (serial: string) => `/card-records/${encodeURIComponent(serial)}`,
  crl: '/cards/crl',
  ocsp: '/cards/ocsp',
  /** `POST`, the signing service: certifies the key with which it signs for a person. */
  signingCertificates: '/signing/certificates',
  /** `GET`, the signing service: the state of such a certificate. */
  signingCertificate: (serial: string) => `/signing/certificates/${encodeURIComponent(serial)}`,
  /** `GET`, console: the signing certificate of a person. */
  signingPerson: (uid: string) => `/signing/people/${encodeURIComponent(uid)}`,
  /** `POST`, console. */
  signingRevocation: (uid: string) => `/signing/people/${encodeURIComponent(uid)}/revoke`,
  /** `GET`: PEM of the authority of signing certificates, and its root. */
  signingAuthority: '/signing/authority.pem',
  signingCrl: '/signing/crl',
  mailOutbox: '/mail/outbox',
  mail: (id: string) => `/mail/outbox/${encodeURIComponent(id)}`,
  directoryImport: '/directory/import',
  directoryExport: '/directory/export',
  activities: '/directory/activities',
  /** The activities of a person in each role, including the activities that others include. */
  personActivities: (uid: string) => `/directory/people/${encodeURIComponent(uid)}/activities`,
  clockMoved: '/clock-moved',
  jwks: '/jwks',
} as const;

/** Path of a subscriber (CIS2) that receives ended sessions. */
export const sessionEndedPath = '/agent/session-ended';
