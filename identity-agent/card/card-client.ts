import type { SlotName } from './piv.ts';
import type { SignatureAlgorithmId } from './signature-algorithms.ts';

/**
 * How a PIN fared. `attemptsLeft` 0: blocked. `malformed`: it cannot be right by its form, so the card was
 * not asked and no attempt was spent.
 */
export type Verification = { ok: true } | { ok: false; attemptsLeft: number; malformed?: true };

/** How an unblocking fared. The card tells the PUK's attempts only in answer to a wrong one, so not for a malformed one. */
export type Unblocking = { ok: true } | { ok: false; attemptsLeft: number } | { ok: false; malformed: true };

/**
 * What a desk needs of a card, however it is reached: by APDUs (PivClient) or through the middleware of its maker
 * (Pkcs11Client). One client for one insertion, `select` first. Calls that overlap are carried out one after another.
 * Every method rejects with CardError.
 */
export interface CardClient {
  /** Makes the card ready. @throws CardError `not_a_piv_card` */
  select(): Promise<void>;
  /** Verifies the PIN, 6 to 8 digits. A wrong one spends an attempt. */
  verifyPin(pin: string): Promise<Verification>;
  /** PIN attempts left, without spending one; 0 means blocked. */
  attemptsLeft(): Promise<number>;
  /** A certificate of the card, DER. @throws CardError `object_missing`, `malformed_response` */
  readCertificate(slot: SlotName): Promise<Uint8Array>;
  /**
   * Signs a digest with the key of a slot: ES256 gives a DER signature, RS256 a PKCS#1 v1.5 one (see `algorithmOf`).
   * The signing slot wants the PIN immediately before each use: give it here, then nothing comes in between.
   * @throws CardError `pin_required` (with `attemptsLeft` when the given PIN is wrong), `pin_blocked`, `object_missing`
   * @throws RangeError when the digest has another length than the algorithm's
   */
  sign(
    slot: SlotName,
    digest: Uint8Array,
    algorithm: SignatureAlgorithmId,
    pin?: string,
  ): Promise<Uint8Array>;
  /** Changes the PIN; a wrong old one spends an attempt. */
  changePin(oldPin: string, newPin: string): Promise<Verification>;
  /** Sets a new PIN with the PUK (8 digits) and restores the attempts. */
  unblock(puk: string, newPin: string): Promise<Unblocking>;
}
