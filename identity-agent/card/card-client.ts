import type { SignatureAlgorithmId } from './key-types.ts';
import type { SlotName } from './piv.ts';

/**
 * The reason for a card's failure:
 * `card_removed` the card is gone · `pin_blocked` no PIN attempts left · `pin_required` the PIN must be verified first ·
 * `not_a_piv_card` the card has no PIV application · `object_missing` the certificate or key is not on the card ·
 * `malformed_response` the card's response is invalid · `transaction_failed` any other, with the status word in the message.
 */
export type CardErrorCode =
  | 'card_removed'
  | 'pin_blocked'
  | 'pin_required'
  | 'not_a_piv_card'
  | 'object_missing'
  | 'malformed_response'
  | 'transaction_failed';

/** A card's failure. Its message never contains a PIN or card data. */
export class CardError extends Error {
  readonly code: CardErrorCode;
  /** Remaining PIN attempts, for a wrong or blocked PIN. */
  readonly attemptsLeft: number | undefined;

  constructor(code: CardErrorCode, message: string, more: { attemptsLeft?: number; cause?: unknown } = {}) {
    super(message, { cause: more.cause });
    this.name = 'CardError';
    this.code = code;
    this.attemptsLeft = more.attemptsLeft;
  }
}

/**
 * The result of a PIN verification. `attemptsLeft` is 0 if it is blocked. `malformed`: its format cannot be right, so it was not
 * sent to the card and no attempt was used.
 */
export type Verification = { ok: true } | { ok: false; attemptsLeft: number; malformed?: true };

/** The result of unblocking. The card reports the PUK's attempts only for a wrong one, so not for a malformed one. */
export type Unblocking = { ok: true } | { ok: false; attemptsLeft: number } | { ok: false; malformed: true };

/**
 * The operations of a card at a workstation, by APDUs (PivClient) or through its maker's middleware (Pkcs11Client). Use one
 * client for each insertion and call `select` first. Concurrent calls run one after another. Every method rejects with CardError.
 */
export interface CardClient {
  /** Prepares the card. @throws CardError `not_a_piv_card` */
  select(): Promise<void>;
  /** Verifies the PIN, 6 to 8 digits. A wrong one uses an attempt. */
  verifyPin(pin: string): Promise<Verification>;
  /** Returns the remaining PIN attempts without using one; 0 means blocked. */
  attemptsLeft(): Promise<number>;
  /** Returns a certificate of the card, DER. @throws CardError `object_missing`, `malformed_response` */
  readCertificate(slot: SlotName): Promise<Uint8Array>;
  /**
   * Signs a digest with the key of a slot: ES256 returns a DER signature, RS256 a PKCS#1 v1.5 one (see `algorithmOf`). The
   * signing slot requires the PIN immediately before each use: pass it here, so that no other command runs in between.
   * @throws CardError `pin_required` (with `attemptsLeft` for a wrong PIN), `pin_blocked`, `object_missing`
   * @throws RangeError if the digest does not have the algorithm's length
   */
  sign(
    slot: SlotName,
    digest: Uint8Array,
    algorithm: SignatureAlgorithmId,
    pin?: string,
  ): Promise<Uint8Array>;
  /** Changes the PIN; a wrong old one uses an attempt. */
  changePin(oldPin: string, newPin: string): Promise<Verification>;
  /** Sets a new PIN with the PUK (8 digits) and restores the attempts. */
  unblock(puk: string, newPin: string): Promise<Unblocking>;
}
