/** Action of the registration authority on a card: the last part of the path. */
export type CardAct = 'revoke' | 'replace' | 'renew' | 'unblock';

/** States of a card in storage. `expired` follows from the clock. */
export const cardStates = ['ordered', 'active', 'revoked', 'replaced'] as const;
export const pinStates = ['open', 'blocked'] as const;
export type PinState = (typeof pinStates)[number];

/** A card in an export: its state and its certificates. Times in milliseconds. */
export interface KeptCard {
  serial: string;
  uid: string;
  state: (typeof cardStates)[number];
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

/** Response of `GET /card-records?after=`: cards by serial. `PUT` and `DELETE /card-records/{serial}` respond with 204. */
export interface KeptCardsAnswer {
  cards: KeptCard[];
  next: string | null;
}

/** Body of `POST /cards`, which orders a card. The response is 201 `CardRecord`, or 422 `act_not_allowed`. */
export interface CardOrder {
  /** Uid of the acting person, who must have a role that allows the action. */
  actor: string;
  uid: string;
  /** Random by default. */
  serial?: string;
  /** Whether the card is issued with a blocked PIN, which its holder unlocks by self-service. */
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

/** Body of `POST /cards/{serial}/revoke`, which also ends the sessions of the card. The response is 200 `CardRecord`. */
export interface CardRevocation {
  actor: string;
  reason: RevocationReason;
}

/** Body of `POST /cards/{serial}/replace`, which revokes the card. The response is 201 with the `CardRecord` of the new card. */
export interface CardReplacement {
  actor: string;
  reason: RevocationReason;
  /** Serial of the new card; random by default. */
  serial?: string;
  locked?: boolean;
}

/**
 * Body of `POST /cards/{serial}/renew` (200 `CardRecord`; new keys may be certified within 24 hours) and of
 * `POST /cards/{serial}/unblock` (200 `UnlockAnswer`).
 */
export interface CardActRequest {
  actor: string;
}
