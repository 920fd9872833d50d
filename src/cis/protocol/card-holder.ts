import type { PinState } from './registration-authority.ts';
import type { CardSignature } from './sign-in.ts';

/** Kind of certificates of a virtual card. */
export type CardProfile = 'standard' | 'expired' | 'revoked' | 'renew' | 'foreign';

/** Body of `POST /cards/certificates`, for the issuer of virtual cards. Keys are SPKI DER in base64. */
export interface CertificateRequest {
  uid: string;
  cardSerial: string;
  profile: CardProfile;
  authenticationKey: string;
  signingKey: string;
  /**
   * The card's unblocking code (PUK), 8 digits. CIS encrypts it and uses it for self-service unlocking. The default in development
   * is the published code.
   */
  unblockingCode?: string;
}

/** Response of `POST /cards/certificates`. Certificates are DER in base64. */
export interface CertificateAnswer {
  authentication: string;
  signing: string;
}

/**
 * Body of `POST /cards/signing-certificate`, for the issuer of virtual cards: another signing key of a card that has its certificates
 * (SPKI DER in base64). The response is 201 with `signing` of `CertificateAnswer`.
 */
export type SigningKeyRequest = Omit<CertificateRequest, 'authenticationKey' | 'unblockingCode'>;

/** Days before the expiry of the certificate in which the holder can renew the card. */
export const renewalDays = 90;

/** Returns the message that the card signs with its current key to get certificates for new keys, as UTF-8. Keys as in the request. */
export const cardRenewalMessage = (
  challenge: string,
  cardSerial: string,
  authenticationKey: string,
  signingKey: string,
): string => `alongside card renewal\n${challenge}\n${cardSerial}\n${authenticationKey}\n${signingKey}`;

/**
 * Body of `POST /sessions/{id}/card-renewal`, with the session's proof: the current certificate of the card, its signature over
 * `cardRenewalMessage`, and the new public keys (SPKI DER in base64). The response is 201 `CertificateAnswer`, 409
 * `renewal_too_early` before the last `renewalDays` days, or 403 with a `SignInRefusal` for an invalid card.
 */
export interface CardRenewalRequest extends CardSignature {
  challenge: string;
  authenticationKey: string;
  signingKey: string;
}

/**
 * Proves that a card with a blocked PIN, which cannot sign, is in the agent's reader: its authentication certificate, DER in base64,
 * with the agent's own proof as for presence. Otherwise the response is 401 `card_unproven`. The path has the serial of the card, or
 * the uid of its holder if the reader cannot read the serial.
 */
export interface HeldCard {
  certificate: string;
}

/** Response of `POST /cards/{serial}/unlock-code` with `HeldCard`: always 202, whether or not a mail was sent. */
export interface UnlockCodeAnswer {
  /** Lifetime of a mailed code in seconds. */
  expiresIn: number;
}

/**
 * Body of `POST /cards/{serial}/unlock`. The response is 200 `UnlockAnswer`, once; 403 `wrong_code` with `attemptsLeft`; or 410
 * `expired` if this agent does not hold a valid code for the card.
 */
export interface UnlockRequest extends HeldCard {
  /** Eight digits, as mailed. */
  code: string;
}

export interface UnlockAnswer {
  /** Sets a new PIN of the card. */
  unblockingCode: string;
}

/** Body of `POST /cards/{serial}/pin-state`, which responds with 204. CIS only stores it. */
export interface PinStateRequest extends HeldCard {
  pin: PinState;
}
