import type { CardSignature } from './sign-in.ts';

// What the agent asks of CIS about the card in its reader.

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

/**
 * The proof that a card is in the agent's reader, when a blocked PIN keeps it from signing: its authentication certificate,
 * DER in base64, beside the agent's own proof as for presence. Without it, or with another one: 401 `card_unproven`. The path
 * names the serial of the card, or the uid of its holder where the reader cannot tell the serial.
 */
export interface HeldCard {
  certificate: string;
}

/** `POST /cards/{serial}/unlock-code` with `HeldCard`: 202 with this, whether or not a mail was sent. */
export interface UnlockCodeAnswer {
  /** Seconds for which a mailed code is good. */
  expiresIn: number;
}

/**
 * `POST /cards/{serial}/unlock`: 200 with the answer, once; 403 `wrong_code` with `attemptsLeft`; 410 `expired` when this
 * agent asked for no code that could still be right.
 */
export interface UnlockRequest extends HeldCard {
  /** Eight digits, as mailed. */
  code: string;
}

export interface UnlockAnswer {
  /** What the card takes in place of its PIN to have a new one set. */
  unblockingCode: string;
}

/** `POST /cards/{serial}/pin-state`: 204. For the record only, nothing is decided by it. */
export interface PinStateRequest extends HeldCard {
  pin: PinState;
}

export type PinState = 'open' | 'blocked';
