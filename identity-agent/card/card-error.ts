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
