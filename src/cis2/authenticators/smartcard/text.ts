import type { HandOffError } from '../../../../identity-agent/protocol.ts';

/** Reasons why a hand-off ended without a proof, for the choice page. An empty text needs no explanation. */
const handOff: Readonly<Record<HandOffError, string>> = {
  cancelled: '',
  another_way: '',
  no_card: 'There is no smartcard in the reader. Put your smartcard in and try again.',
  login_required: 'You are not signed in at the Identity Agent. Put your smartcard in and try again.',
  card_blocked:
    'Your smartcard is blocked after too many wrong PINs. Ask your registration authority to unblock it.',
  card_rejected: 'Your smartcard was not accepted. Ask your registration authority to check or renew it.',
  no_role:
    'Your smartcard has no role, and this computer needs one. Ask your registration authority for a role.',
  cis_unreachable: 'The Identity Agent could not reach the Care Identity Service. Try again in a moment.',
};

export const smartcardText = {
  label: 'Smartcard',
  hint: 'Put your smartcard in the reader. You may be asked for your PIN.',
  handOff,
  cardRefused: 'The smartcard was not accepted.',
};
