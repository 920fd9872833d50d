import type { PinState } from './card-holder.ts';

// Cards as the registration authority sees them.

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
