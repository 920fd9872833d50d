import { catalogue } from '@alongside/kernel/errors';
import { english } from '../../text/english.ts';

const developer = { actor: 'developer' } as const;
const user = { actor: 'user' } as const;
const page = { status: 400, code: 'invalid_request', ...developer } as const;

/** Interactions and the hand-off. */
export const handOffErrors = catalogue('cis2', {
  interactionUnknown: {
    ...page,
    ...user,
    description: english.errors.interactionUnknown,
    source: 'RFC 9700 section 4.7',
    fix: 'Start again from the application, in the same browser.',
  },
  returnRefused: {
    status: 403,
    ...user,
    code: 'access_denied',
    description: english.errors.returnRefused,
    source: 'Web eID system architecture, session binding',
    fix: 'Start again from the application, in one browser.',
  },
  exchangeMalformed: {
    status: 400,
    ...developer,
    code: 'invalid_request',
    description: 'The exchange is not well-formed.',
    source: 'hand-off protocol',
    fix: 'Use an Identity Agent of the version of this instance.',
  },
  exchangeUnknown: {
    status: 400,
    ...user,
    code: 'invalid_request',
    description: 'The hand-off is not known or has run out.',
    source: 'hand-off protocol',
    fix: 'Start again from the application.',
  },
  exchangeUsed: {
    status: 409,
    ...developer,
    code: 'already_used',
    description: 'The hand-off was exchanged before.',
    source: 'hand-off protocol',
    fix: 'Start a new sign-in; each hand-off is exchanged once.',
  },
  proofInvalid: {
    status: 400,
    actor: 'agent',
    code: 'invalid_proof',
    description: 'The proof is not valid.',
    source: 'RFC 7800 section 3',
    fix: 'Start the sign-in again. Restart the Identity Agent where it goes on.',
  },
  sessionEnded: {
    status: 403,
    ...user,
    code: 'session_ended',
    description: english.errors.sessionEnded,
    source: 'hand-off protocol',
    fix: 'Insert the smartcard and sign in again.',
  },
  cardRefused: {
    status: 403,
    ...user,
    code: 'card_rejected',
    description: english.errors.cardRefused,
    source: 'hand-off protocol',
    fix: 'Ask the registration authority to check the card.',
  },
  cisUnreachable: {
    status: 502,
    actor: 'operator',
    code: 'cis_unreachable',
    description: english.errors.cisUnreachable,
    source: 'RFC 9110 section 15.6.3',
    fix: 'Start CIS, or check that this process reaches its address.',
  },
  serviceUnknown: {
    status: 401,
    actor: 'operator',
    code: 'invalid_token',
    description: 'Only CIS may call this.',
    source: 'RFC 6750 section 3.1',
    fix: 'Start all processes of the installation with one master key.',
  },
});
