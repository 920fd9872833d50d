import { hash } from 'node:crypto';

// The protocol of the Identity Agent with its clients: the browser's hand-off and the local socket.

export type * from './protocol/answers.ts';
export { attemptsText, cardRefusal, pinRefusal } from './protocol/pin-errors.ts';

/** Path at the agent to which CIS2 redirects the browser: `?request=JWS`. */
export const handOffPath = '/v1/cis2';
/** Path at the agent that responds 200 to any request; only a page of CIS2 can read the response. It shows nothing else. */
export const presencePath = '/v1/presence';
/**
 * Header of a hand-off by fetch (`POST`, JSON `{request: JWS}`, response `{location}`), always `1`. It makes browsers send a
 * preflight.
 */
export const fetchHeader = 'x-identity-agent';
/** Maximum age of a hand-off request in seconds. */
export const handOffLifetime = 60;

export const requestType = 'cis-agent-req+jwt';
export const proofType = 'cis-agent-proof+jwt';

/** Claims of the hand-off request, signed with ES256 by a pinned key of CIS2. */
export interface HandOffRequest {
  /** Issuer of CIS2, byte for byte. */
  iss: string;
  aud: 'identity-agent';
  jti: string;
  iat: number;
  exp: number;
  /** 256 random bits, base64url. */
  nonce: string;
  /** SHA-256 of the transaction cookie's value, base64url. The cookie itself never leaves the browser. */
  txn_h: string;
  /** The browser's return address; its origin must be the issuer's. */
  response_uri: string;
  /** The application of the sign-in, to show to the user. */
  client_name: string;
  /** Its client id, which is unique; absent from an earlier CIS2. With the id at the platform for an application of the platform. */
  client_id?: string;
  /** False if prompts are forbidden (`prompt=none`). */
  interactive: boolean;
  /** Whether the user must enter the PIN again. */
  prompt_login: boolean;
  /** Maximum age of the PIN in seconds, if the client requires one; the agent asks for an older PIN again. */
  max_age?: number;
  /** The port of this machine at which an application without a secret waits; absent for others, and from an earlier CIS2. */
  listener_port?: number;
}

/** Claims of the proof, signed with ES256 by the session key that CIS certified. */
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
  /** The card's own signature over `cardMessage` if it is inserted: base64, with the certificate. */
  card_signature?: string;
  card_certificate?: string;
  /** Whether only programs of this user listen at `listener_port`; absent if the agent cannot see that. */
  own_listener?: boolean;
}

const sha256Hex = (text: string): string => hash('sha256', text, 'hex');

/**
 * Returns the 64 bytes that the card signs in a hand-off (with SHA-256, see `CardSignature`): SHA-256 of the issuer of CIS2, then
 * SHA-256 of the request's nonce, both as text from the request.
 */
export const cardMessage = (issuer: string, nonce: string): Uint8Array =>
  Buffer.from(sha256Hex(issuer) + sha256Hex(nonce), 'hex');

/** Body of `POST {cis2}/agent/exchange`, sent by the agent server to server: a proof, or the reason for its absence. */
export type ExchangeRequest =
  | { proof: string; sessionCertificate: string }
  | { requestJti: string; error: HandOffError; request: string };

/** Response of the exchange: the one-time code for the browser, valid for 30 seconds. */
export interface ExchangeAnswer {
  code: string;
}

/** The reason for a hand-off without proof. */
export type HandOffError =
  | 'cancelled'
  | 'another_way'
  | 'no_card'
  | 'login_required'
  | 'card_blocked'
  | 'card_rejected'
  | 'no_role'
  | 'cis_unreachable';

/** Settings of an agent, for diagnosis. Never a secret. */
export interface AgentConfiguration {
  version: string;
  generation: string;
  mode: string;
  requireRole: boolean;
  /** The agent's origin. */
  url: string;
  cisUrl: string;
  cis2Issuer: string;
  cis2JwksUrl: string;
  /** Name of the reader; null without one. */
  reader: string | null;
  /** The reason for the missing reader, as one sentence. */
  readerProblem: string | null;
  fetchTransport: boolean;
  /** Ports on which pages have documents signed; null if that is off. */
  credentialManagementPorts: number[] | null;
  /** ISO time of the agent's clock. */
  now: string;
}

/** `data` of an error on the local socket: `ticket` has the numbers of the Ticket API; the error's `code` is group + number. */
export type SocketErrorData =
  | { error: 'ticket'; name: string; group: string; number: number }
  | { error: 'wrong_pin' | 'card_blocked'; attemptsLeft: number }
  | { error: 'no_open_question' | 'unknown_role' | 'cis_unreachable' | 'card_removed' | 'card_failed' }
  | { error: 'unknown_card' | 'duplicate_card' | 'invalid_card' | 'no_virtual_reader' }
  | { error: 'unknown_message' }
  | { error: CardActError; attemptsLeft?: number | null };

/** Why an operation on the card in the reader failed. */
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
 * Methods on the local socket: the calls of the Ticket API, then those of this product. JSON-RPC 2.0, one message a line, params
 * always an object. Notifications may arrive between responses: match a response by its `id`.
 */
export const methods = {
  /** `{timeout?: seconds}` -> `{ticket}`. Without a session, starts a sign-in and waits for it. */
  getTicket: 'getTicket',
  /** `{}` -> `{ticket}`. Never prompts. */
  getTicketNoAuth: 'getTicketNoAuth',
  /** `{timeout?: seconds}` -> `{ticket}`. Asks for the PIN again. */
  getNewTicket: 'getNewTicket',
  /** `{}` -> `{}`. Signs out. */
  destroyTicket: 'destroyTicket',
  /** `{}` -> AgentStatus. */
  status: 'status',
  /** `{}` -> `{instance}`. A handle for old programs; other calls accept it as `instance`, but do not need it. */
  initialize: 'initialize',
  /** `{instance}` -> `{}`. */
  finalize: 'finalize',
  /** `{which: 1|2}` -> `{version}`: 1 the interface, 2 the agent. */
  getGAVersion: 'getGAVersion',
  /** `{}` -> `{version}` of the interface. */
  getDllVersion: 'getDllVersion',
  /** `{}` -> `{code}` of the last Ticket API call on this connection; 0 for success. */
  getLastError: 'getLastError',
  /** `{code}` -> `{name, group, number, description}`. */
  getErrorDescription: 'getErrorDescription',
  /** `{}` -> `{terminalServiceSession}`. */
  isTerminalServiceSession: 'isTerminalServiceSession',
  /** `{events: []}` -> `{events}`. Limits the notifications of this connection; by default all are sent. */
  subscribe: 'subscribe',
  /** `{}` -> AgentStatus. Sent by the screen watcher after the screen was locked. */
  screenLocked: 'screenLocked',
  /** `{}` -> AgentStatus. */
  screenUnlocked: 'screenUnlocked',
  /** `{}` -> AgentConfiguration. */
  configuration: 'configuration',
  /** `{id}` -> the recorded refusal with this message id. */
  explain: 'explain',
  /** `{pin, newPin}` -> AgentStatus. A wrong PIN uses an attempt. */
  changePin: 'changePin',
  /** `{unblockingCode, newPin}` -> AgentStatus. With the card's own code. */
  unblockPin: 'unblockPin',
  /** `{}` -> `{}`. CIS mails a code to the holder of the card in the reader; the response does not show whether it did. */
  requestUnlockCode: 'requestUnlockCode',
  /** `{code, newPin}` -> AgentStatus. With the mailed code. */
  unlockCard: 'unlockCard',
  /** `{}` -> AgentStatus. New keys and certificates, in the last 90 days of the old ones. */
  renewCard: 'renewCard',
  // Development only: actions of a user. Calls that return AgentStatus do so after the action has taken effect.
  /**
   * `{pin, question?}` -> AgentStatus, also for a right PIN with a refused card. It answers the open prompt; with `question`, only the
   * prompt `pin`, or the documents with this id.
   */
  answerPin: 'development.answerPin',
  /** `{}` -> the documents that a page wants signed. */
  question: 'development.question',
  /** `{}` -> AgentStatus. Declines to sign documents. */
  declineQuestion: 'development.declineQuestion',
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
  /** `{card}` -> `{serial, atr}`. Powers a card for this connection only, for a slot of vpcd. */
  powerCard: 'development.powerCard',
  /** `{apdu}` -> `{apdu}` in hexadecimal digits: sends a command to the powered card. */
  cardCommand: 'development.cardCommand',
  /** `{}` -> `{version, cards}`, including secrets. */
  exportCards: 'development.exportCards',
  /** `{version, cards, add?}` -> `{}`. Replaces all cards, or adds to them: a long export is sent in several lines. */
  importCards: 'development.importCards',
  /** `{}` -> AgentStatus. Signs out, removes the card, and replaces all cards by the seeded ones. */
  reset: 'development.reset',
} as const;

/** Maximum length of a line on the local socket in bytes. */
export const maxLineLength = 65_536;

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
