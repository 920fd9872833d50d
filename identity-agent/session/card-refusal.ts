import { reasonOf } from '@alongside/kernel/errors';
import { CisRefusal } from './cis-client.ts';
import type { Desk } from './desk.ts';
import { type DeskCard, rejected } from './desk-card.ts';

/** Refusals of CIS about this card and its holder: the card stays refused until it is inserted again. */
const aboutTheCard: readonly string[] = [
  'signature_invalid',
  'certificate_expired',
  'certificate_revoked',
  'certificate_untrusted',
  'person_unknown',
  'person_disabled',
  'no_role',
];

/** Returns whether an error of CIS is about the card or its holder, with a sentence for the user. */
export const isAboutTheCard = (error: unknown): error is CisRefusal =>
  error instanceof CisRefusal && aboutTheCard.includes(error.code);

/**
 * Refuses an expired, revoked or unknown card at its insertion, so that its holder is not asked for a PIN in vain. If CIS does not
 * respond, the card is examined at the sign-in, as always.
 */
export async function refuseBeforePin(desk: Desk, card: DeskCard): Promise<void> {
  if (!card.usable) return;
  try {
    await desk.parts.cis.examineCard(card.held, card.insertion);
  } catch (error) {
    const reason = reasonOf(error);
    if (isAboutTheCard(error)) {
      card.refuse(rejected(error.message, error.code));
      desk.parts.log.info({ reason }, 'a card was not accepted at its insertion');
    } else desk.parts.log.debug({ reason }, 'a card could not be examined at its insertion');
  }
}
