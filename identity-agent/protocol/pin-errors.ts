import { catalogue, type Refusal, type Refuse } from '@alongside/kernel/errors';

const asked = { status: 303, source: 'NIST SP 800-73-4 part 2, section 3.2.1' } as const;

/** Why a PIN did not sign its user in. The response is a redirect to the page that asks again. */
export const pinErrors = catalogue('identity-agent', {
  wrongPin: {
    ...asked,
    code: 'wrong_pin',
    description: 'The PIN is wrong.',
    actor: 'user',
    expected: 'the PIN of the card in the reader',
    fix: 'Enter the PIN of the card again. A card blocks after three wrong PINs.',
  },
  cardBlocked: {
    ...asked,
    code: 'card_blocked',
    description: 'The card is blocked after too many wrong PINs.',
    actor: 'user',
    expected: 'a card whose PIN is not blocked',
    fix: 'Unblock the card at the page of the Identity Agent, or ask the registration authority.',
  },
  cardRemoved: {
    ...asked,
    code: 'card_removed',
    description: 'The card was taken out.',
    actor: 'user',
    expected: 'the card for which the page asked, in the reader',
    fix: 'Insert the card and enter the PIN again.',
  },
  cardFailed: {
    ...asked,
    code: 'card_failed',
    description: 'The card could not sign.',
    actor: 'user',
    expected: 'a card that signs with the key for documents',
    fix: 'Try again. If it fails again, ask the registration authority to renew the card.',
  },
  cardRejected: {
    ...asked,
    code: 'card_rejected',
    description: 'The card or its holder was not accepted.',
    actor: 'user',
    source: 'CIS protocol',
    expected: 'a card that CIS accepts',
    fix: 'Ask the registration authority to check or renew the card.',
  },
  cisUnreachable: {
    ...asked,
    code: 'cis_unreachable',
    description: 'CIS does not respond to the Identity Agent.',
    actor: 'operator',
    source: 'CIS protocol',
    expected: 'a response of CIS',
    fix: 'Check that the workstation reaches CIS, then try again.',
  },
});

const byResult: Readonly<Record<string, readonly [refuse: Refuse, received: string]>> = {
  wrong_pin: [pinErrors.wrongPin, 'a wrong PIN'],
  card_blocked: [pinErrors.cardBlocked, 'a card that is blocked after wrong PINs'],
  card_removed: [pinErrors.cardRemoved, 'no card, or another one'],
  card_failed: [pinErrors.cardFailed, 'a card that did not sign'],
  cis_unreachable: [pinErrors.cisUnreachable, 'no response'],
};

/** `1 attempt left`, `2 attempts left`. */
export const attemptsText = (left: number): string => `${left} attempt${left === 1 ? '' : 's'} left`;

/** Returns the refusal for the result of a submitted PIN; undefined if it is none. Never the PIN. */
export function pinRefusal(result: string, attemptsLeft?: number): Refusal | undefined {
  const [refuse, what = ''] = byResult[result] ?? [];
  const left = attemptsLeft === undefined ? '' : `, ${attemptsText(attemptsLeft)}`;
  return refuse?.(`${what}${left}`).about({ field: 'pin', received: `${what}${left}` });
}

/** Returns the refusal of a card after its PIN was right. @param code of CIS or of the card, such as `certificate_revoked` */
export const cardRefusal = (code: string, sentence: string): Refusal =>
  pinErrors.cardRejected(`the card was refused: ${code}`).about({
    field: 'card',
    ...(sentence === '' ? {} : { headline: sentence.split('.', 1)[0] ?? sentence }),
    received: `a card that is refused: ${code}`,
  });
