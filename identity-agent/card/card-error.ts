/**
 * Why a card did not do what was asked:
 * `card_removed` no card any more · `pin_blocked` no PIN attempt left · `pin_required` the PIN must be verified first ·
 * `not_a_piv_card` the card has no PIV application · `object_missing` no such certificate or key on the card ·
 * `malformed_response` the card's answer breaks its own rules · `transaction_failed` anything else, status word in the message.
 */
export type CardErrorCode =
  | 'card_removed'
  | 'pin_blocked'
  | 'pin_required'
  | 'not_a_piv_card'
  | 'object_missing'
  | 'malformed_response'
  | 'transaction_failed';

/** A card's failure. Its message never carries a PIN or card data. */
export class CardError extends Error {
  readonly code: CardErrorCode;
  /** PIN attempts left, where the failure was a wrong or a blocked PIN. */
  readonly attemptsLeft: number | undefined;

  constructor(code: CardErrorCode, message: string, more: { attemptsLeft?: number; cause?: unknown } = {}) {
    super(message, { cause: more.cause });
    this.name = 'CardError';
    this.code = code;
    this.attemptsLeft = more.attemptsLeft;
  }
}
