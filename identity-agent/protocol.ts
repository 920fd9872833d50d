import { createHash } from 'node:crypto';

// What the Identity Agent and those who talk to it agree on: the hand-off of the browser, and the local socket.

/** Path at the agent that CIS2 sends the browser to: `?request=JWS`. */
export const handOffPath = '/v1/cis2';
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
  /** Seconds; present when the client asked for one. */
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

/** States of the agent, as `status` and the console show them. */
export type AgentState = 'noCard' | 'pinRequested' | 'roleRequested' | 'signedIn' | 'locked' | 'blocked' | 'cardRejected';

/** `status` on the local socket. */
export interface AgentStatus {
  version: string;
  state: AgentState;
  mode: string;
  generation: string;
  agentId: string;
  /** The card in the reader. */
  card: { serial: string; persona: string | null; name: string } | null;
  person: { uid: string; displayName: string } | null;
  role: { roleId: string; roleName: string; orgCode: string } | null;
  roles: { roleId: string; roleName: string; roleCode: string; orgCode: string; orgName: string }[];
  attemptsLeft: number | null;
  /** What the agent is waiting for: `pin`, `role`, or nothing. */
  question: 'pin' | 'role' | null;
  /** Why a card was rejected, in a sentence for the person. */
  reason: string | null;
}

/** Methods on the local socket: the Ticket API's calls, then what the product adds. JSON-RPC 2.0, one message a line. */
export const methods = {
  getTicket: 'getTicket',
  getTicketNoAuth: 'getTicketNoAuth',
  getNewTicket: 'getNewTicket',
  destroyTicket: 'destroyTicket',
  status: 'status',
  /** Answers an open question as the person would: development only. */
  answerPin: 'development.answerPin',
  answerRole: 'development.answerRole',
  listCards: 'development.listCards',
  addCard: 'development.addCard',
  editCard: 'development.editCard',
  removeCard: 'development.removeCard',
  insertCard: 'development.insertCard',
  takeCard: 'development.takeCard',
  exportCards: 'development.exportCards',
  importCards: 'development.importCards',
  reset: 'development.reset',
} as const;

/** Notifications on the local socket. */
export const notifications = ['cardInserted', 'cardRemoved', 'signedIn', 'signedOut'] as const;
