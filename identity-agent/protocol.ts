import { createHash } from 'node:crypto';

// What the Identity Agent and those who talk to it agree on: the hand-off of the browser, and the local socket.

/** Path at the agent that CIS2 sends the browser to: `?request=JWS`. */
export const handOffPath = '/v1/cis2';
/** Header of a hand-off by fetch (`POST`, JSON `{request: JWS}`, answered by `{location}`), always `1`: it makes browsers ask first. */
export const fetchHeader = 'x-identity-agent';
/** Longest time a hand-off request may be old, in seconds. */
export const handOffLifetime = 60;

export const requestType = 'cis-agent-req+jwt';
export const proofType = 'cis-agent-proof+jwt';

/** Claims of the hand-off request: ES256 by a key of CIS2 that the agent has pinned. */
export interface HandOffRequest {
  /** Issuer of CIS2, byte for byte. */
  iss: string;
  aud: 'identity-agent';
  jti: string;
  iat: number;
  exp: number;
  /** 256 random bits, base64url. */
  nonce: string;
  /** SHA-256 of the transaction cookie's value, base64url: the cookie itself never leaves the browser. */
  txn_h: string;
  /** Where the browser goes back to; its origin must be the issuer's. */
  response_uri: string;
  /** The application that the person is signing in to, for the person's eyes. */
  client_name: string;
  /** False when nothing may be asked (`prompt=none`). */
  interactive: boolean;
  /** The PIN must be given again. */
  prompt_login: boolean;
  /** Seconds; present when the client wants a PIN that is not older: the agent asks for it again otherwise. */
  max_age?: number;
}

/** Claims of the proof: ES256 by the session key that CIS certified. */
export interface HandOffProof {
  /** The agent's id. */
  iss: string;
  /** Issuer of CIS2. */
  aud: string;
  request_jti: string;
  nonce: string;
  txn_h: string;
  cis_sid: string;
  sub: string;
  iat: number;
  /** NumericDate of the last PIN. */
  pin_time: number;
  card_present: boolean;
  selected_roleid?: string;
  /** The card's own signature over `cardMessage`, while the card is in: base64, with the certificate. */
  card_signature?: string;
  card_certificate?: string;
}

const sha256Bytes = (text: string): Buffer => createHash('sha256').update(text, 'utf8').digest();

/**
 * The 64 bytes that the card signs in a hand-off (with SHA-256, as `CardSignature` says): SHA-256 of the issuer of CIS2,
 * then SHA-256 of the request's nonce, both as the text that stands in the request.
 */
export const cardMessage = (issuer: string, nonce: string): Uint8Array =>
  Buffer.concat([sha256Bytes(issuer), sha256Bytes(nonce)]);

/** Body of `POST {cis2}/agent/exchange`, sent by the agent server to server: a proof, or why there is none. */
export type ExchangeRequest =
  | { proof: string; sessionCertificate: string }
  | { requestJti: string; error: HandOffError; request: string };

/** Answer of the exchange: the one-time code that the browser carries back, good for 30 seconds. */
export interface ExchangeAnswer {
  code: string;
}

/** Why a hand-off ends without a proof. */
export type HandOffError =
  | 'cancelled'
  | 'another_way'
  | 'no_card'
  | 'login_required'
  | 'card_blocked'
  | 'card_rejected'
  | 'no_role'
  | 'cis_unreachable';

/**
 * States of the agent, as `status` and the console show them. `noCard`: nobody is signed in and nothing is asked; in the
 * newer generation a card may be in all the same.
 */
export type AgentState =
  | 'noCard'
  | 'pinRequested'
  | 'roleRequested'
  | 'signedIn'
  | 'locked'
  | 'blocked'
  | 'cardRejected';

/** `status` on the local socket. */
export interface AgentStatus {
  version: string;
  state: AgentState;
  mode: string;
  generation: string;
  agentId: string;
  /** The card in the reader, and when its certificate ends (ISO time; null when it cannot be read). */
  card: {
    serial: string;
    persona: string | null;
    name: string;
    certificateEnds: string | null;
    /** The certificate ends within 90 days: it can be renewed now. */
    renewalDue: boolean;
  } | null;
  person: { uid: string; displayName: string } | null;
  role: { roleId: string; roleName: string; orgCode: string } | null;
  roles: { roleId: string; roleName: string; roleCode: string; orgCode: string; orgName: string }[];
  attemptsLeft: number | null;
  /** What the agent is waiting for: `pin`, `role`, or nothing. */
  question: 'pin' | 'role' | null;
  /** Why the session waits for the PIN (`card`: its card left; `screen`; `time`: the last PIN is too old), and until when. */
  lock: { reason: 'card' | 'screen' | 'time'; endsAt: string } | null;
  /** ISO time: the session locks then unless the PIN is given before; null where a PIN does not grow old. */
  pinAgainAt: string | null;
  /** Why a card was rejected or is blocked, in a sentence for the person. */
  reason: string | null;
  /** The same for programs. */
  problem: 'card_blocked' | 'card_rejected' | 'no_role' | null;
  /** What exactly was wrong with a rejected card: the error of CIS, such as `certificate_expired`, or of the card itself. */
  refusal: string | null;
}

/** What an agent is set to, for those who look for what is wrong. Never a secret. */
export interface AgentConfiguration {
  version: string;
  generation: string;
  mode: string;
  requireRole: boolean;
  /** Own origin. */
  url: string;
  cisUrl: string;
  cis2Issuer: string;
  cis2JwksUrl: string;
  /** Name of the reader; null when there is none. */
  reader: string | null;
  /** Why there is none, in one sentence. */
  readerProblem: string | null;
  fetchTransport: boolean;
  /** ISO time of the agent's clock. */
  now: string;
}

/** A virtual card, as `listCards` and those that change cards answer it. */
export interface SocketCard {
  serial: string;
  persona: string | null;
  uid: string;
  name: string;
  series: string;
  keyType: string;
  profile: string;
  pinTriesLeft: number;
  pukTriesLeft: number;
  /** No PIN attempt is left. */
  locked: boolean;
  /** It is in the reader. */
  inserted: boolean;
}

/** `data` of an error on the local socket: `ticket` has the numbers of the Ticket API, and `code` of the error is group + number. */
export type SocketErrorData =
  | { error: 'ticket'; name: string; group: string; number: number }
  | { error: 'wrong_pin' | 'card_blocked'; attemptsLeft: number }
  | { error: 'no_open_question' | 'unknown_role' | 'cis_unreachable' | 'card_removed' }
  | { error: 'unknown_card' | 'duplicate_card' | 'invalid_card' | 'no_virtual_reader' }
  | { error: 'unknown_message' }
  | { error: CardActError; attemptsLeft?: number | null };

/** Why an act on the card in the reader was not carried out. */
export type CardActError =
  | 'no_card'
  | 'card_removed'
  | 'invalid_pin'
  | 'same_pin'
  | 'wrong_pin'
  | 'card_blocked'
  | 'wrong_unblocking_code'
  | 'unblocking_code_blocked'
  | 'wrong_code'
  | 'code_expired'
  | 'card_unproven'
  | 'not_signed_in'
  | 'not_due'
  | 'not_renewable'
  | 'renewal_refused'
  | 'cis_unreachable';

/**
 * Methods on the local socket: the Ticket API's calls, then what the product adds. JSON-RPC 2.0, one message a line, params
 * always an object. Notifications come in between answers: an answer is known by its `id`.
 */
export const methods = {
  /** `{timeout?: seconds}` -> `{ticket}`. Starts a sign-in when nobody is signed in, and waits for it. */
  getTicket: 'getTicket',
  /** `{}` -> `{ticket}`. Never asks. */
  getTicketNoAuth: 'getTicketNoAuth',
  /** `{timeout?: seconds}` -> `{ticket}`. Asks for the PIN again. */
  getNewTicket: 'getNewTicket',
  /** `{}` -> `{}`. Signs out. */
  destroyTicket: 'destroyTicket',
  /** `{}` -> AgentStatus. */
  status: 'status',
  /** `{}` -> `{instance}`. The handle that old programs pass around; calls take it as `instance`, and need none. */
  initialize: 'initialize',
  /** `{instance}` -> `{}`. */
  finalize: 'finalize',
  /** `{which: 1|2}` -> `{version}`: 1 the interface, 2 the agent. */
  getGAVersion: 'getGAVersion',
  /** `{}` -> `{version}` of the interface. */
  getDllVersion: 'getDllVersion',
  /** `{}` -> `{code}` of the last call of the Ticket API on this connection; 0: it succeeded. */
  getLastError: 'getLastError',
  /** `{code}` -> `{name, group, number, description}`. */
  getErrorDescription: 'getErrorDescription',
  /** `{}` -> `{terminalServiceSession}`. */
  isTerminalServiceSession: 'isTerminalServiceSession',
  /** `{events: []}` -> `{events}`. Narrows the notifications of this connection; without it all come. */
  subscribe: 'subscribe',
  /** `{}` -> AgentStatus. The watcher of the screen says that it was locked. */
  screenLocked: 'screenLocked',
  /** `{}` -> AgentStatus. */
  screenUnlocked: 'screenUnlocked',
  /** `{}` -> AgentConfiguration. */
  configuration: 'configuration',
  explain: 'explain',
  /** `{pin, newPin}` -> AgentStatus. A wrong PIN spends an attempt. */
  changePin: 'changePin',
  /** `{unblockingCode, newPin}` -> AgentStatus. With the card's own code. */
  unblockPin: 'unblockPin',
  /** `{}` -> `{}`. CIS mails a code to the holder of the card in the reader; nobody learns here whether it did. */
  requestUnlockCode: 'requestUnlockCode',
  /** `{code, newPin}` -> AgentStatus. With the mailed code. */
  unlockCard: 'unlockCard',
  /** `{}` -> AgentStatus. New keys and certificates, in the last 90 days of the old ones. */
  renewCard: 'renewCard',
  // Development only: what a person's hands would do. All that answer AgentStatus do so when it has taken effect.
  /** `{pin}` -> AgentStatus. A right PIN whose card is refused answers with that status. */
  answerPin: 'development.answerPin',
  /** `{roleId}` -> AgentStatus. */
  answerRole: 'development.answerRole',
  /** `{}` -> `{cards: SocketCard[]}`. */
  listCards: 'development.listCards',
  /** `{uid, name, persona?, serial?, series?, keyType?, profile?, pin?, puk?, locked?}` -> SocketCard. */
  addCard: 'development.addCard',
  /** `{card, pin?, locked?}` -> SocketCard. A card is named by serial, persona or uid. */
  editCard: 'development.editCard',
  /** `{card}` -> `{}`. */
  removeCard: 'development.removeCard',
  /** `{card}` -> AgentStatus. */
  insertCard: 'development.insertCard',
  /** `{}` -> AgentStatus. */
  takeCard: 'development.takeCard',
  /** `{card}` -> `{serial, atr}`. Gives a card power for this connection alone: for a slot of vpcd. */
  powerCard: 'development.powerCard',
  /** `{apdu}` -> `{apdu}`, in hexadecimal digits: a command to the card under power and its response. */
  cardCommand: 'development.cardCommand',
  /** `{}` -> `{version, cards}`, secrets included. */
  exportCards: 'development.exportCards',
  /** `{version, cards, add?}` -> `{}`. Replaces all cards, or adds to them: a long export goes in several lines. */
  importCards: 'development.importCards',
  /** `{}` -> AgentStatus. Signs out, takes the card out, and puts the seeded cards in the place of all others. */
  reset: 'development.reset',
} as const;

/** Longest line on the local socket, in bytes. */
export const longestLine = 65_536;

/** Notifications on the local socket. */
export const notifications = [
  'cardInserted',
  'cardRemoved',
  'cardBlocked',
  'signedIn',
  'signedOut',
  'sessionLocked',
  'sessionUnlocked',
  'questionOpened',
] as const;
