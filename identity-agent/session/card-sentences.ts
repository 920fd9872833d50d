import type { CardActError } from '../protocol.ts';

const sentences: Readonly<Record<CardActError, string>> = {
  no_card: 'There is no card in the reader.',
  card_removed: 'The card was taken out, or could not be read.',
  invalid_pin: 'A PIN has 6 to 8 digits.',
  same_pin: 'The new PIN is the same as the old one.',
  wrong_pin: 'The PIN is wrong.',
  card_blocked: 'The PIN of this card is blocked.',
  wrong_unblocking_code: 'The unblocking code is wrong.',
  unblocking_code_blocked:
    'The unblocking code of this card is blocked too. Please contact your Registration Authority.',
  wrong_code: 'The code is wrong.',
  code_expired: 'The code is no longer valid. Please ask for another one.',
  card_unproven: 'This card cannot be unlocked here. Please contact your Registration Authority.',
  not_signed_in: 'Please sign in with this card first.',
  not_due: 'The certificate of this card does not end within 90 days, so it cannot be renewed yet.',
  not_renewable: 'This card is renewed by your Registration Authority, not here.',
  renewal_refused: 'The renewal was refused.',
  cis_unreachable: 'The sign-in service does not answer. Please try again.',
};

/** Returns the sentence for the user about a failed operation on the card. */
export const cardActSentence = (error: CardActError): string => sentences[error];
