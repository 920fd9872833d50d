import { catalogue } from '@alongside/kernel/errors';
import { smartcardText } from './text.ts';

const user = { actor: 'user' } as const;

/** Errors of the exchange between the agent and CIS2. */
export const smartcardErrors = catalogue('cis2', {
  exchangeUnknown: {
    status: 400,
    ...user,
    code: 'invalid_request',
    description: 'The hand-off is unknown or expired.',
    source: 'hand-off protocol',
    expected: 'an unexpired hand-off of this issuer',
    fix: 'Start again from the application.',
  },
  exchangeUsed: {
    status: 409,
    code: 'already_used',
    description: 'The hand-off was already exchanged.',
    source: 'hand-off protocol',
    expected: 'a hand-off that was not exchanged before',
    fix: 'Start a new sign-in; each hand-off is exchanged once.',
  },
  proofInvalid: {
    status: 400,
    actor: 'agent',
    code: 'invalid_proof',
    description: 'The proof is not valid.',
    source: 'RFC 7800 section 3',
    expected: 'a proof by the key of the Identity Agent for this hand-off',
    fix: 'Start the sign-in again. Restart the Identity Agent if the error persists.',
  },
  cardRefused: {
    status: 403,
    ...user,
    code: 'card_rejected',
    description: smartcardText.cardRefused,
    source: 'hand-off protocol',
    expected: 'a smartcard that CIS accepts',
    fix: 'Ask the registration authority to check the card.',
  },
});
