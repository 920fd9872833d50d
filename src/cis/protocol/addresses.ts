import type { CardAct } from './registration-authority.ts';

// Where CIS and who listens to it are reached.

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
  /** `DELETE`, agent: it has started anew, so whatever sessions it made before are nobody's. */
  agentSessions: '/agents/sessions',
  people: '/directory/people',
  person: (uid: string) => `/directory/people/${encodeURIComponent(uid)}`,
  personMail: (uid: string) => `/directory/people/${encodeURIComponent(uid)}/mail`,
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
