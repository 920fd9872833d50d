import type { HandOffError } from '../../../identity-agent/protocol.ts';

/** Name of this part in the header of its pages. */
export const serviceName = 'Care identity sign-in';

/** Why a hand-off brought nobody, for the person at the desk. An empty sentence needs no explanation. */
export const handOffSentences: Readonly<Record<HandOffError, string>> = {
  cancelled: '',
  another_way: '',
  no_card: 'There was no smartcard in the reader. Put your smartcard in and try again.',
  login_required: 'Nobody is signed in at the Identity Agent. Put your smartcard in and try again.',
  card_blocked:
    'Your smartcard is blocked after too many wrong PINs. Your registration authority can unblock it.',
  card_rejected: 'Your smartcard was not accepted. Your registration authority can say why and renew it.',
  no_role:
    'Your smartcard has no role, and this computer asks for one. Your registration authority can give you one.',
  cis_unreachable: 'The Identity Agent could not reach the Care Identity Service. Try again in a moment.',
};

/** What the choice page says when a sign-in did not do. */
export const choiceSentences = {
  levelUnmet: 'That way to sign in does not meet what the application needs. Choose another one.',
  pinOld: 'The application needs your PIN again. Try again and give your PIN.',
} as const;

/** What the role page says. */
export const roleSentences = {
  unanswered: 'Choose the role in which you work now.',
  noneFound: 'None of your roles has all of these words. Try fewer of them.',
} as const;

/** Causes of a hop that leads nowhere, by name, with the mend. */
export const hopCauses: readonly { cause: string; mend: string }[] = [
  {
    cause: 'The Identity Agent is not running on this computer.',
    mend: 'Start it, or ask your IT team to install it. It must run on the computer whose browser you use.',
  },
  {
    cause: 'Another program uses the port of the Identity Agent.',
    mend: 'Run “alongside agent doctor”: it names the program. Stop it and start the Identity Agent again.',
  },
  {
    cause: 'A proxy is set up for localhost.',
    mend: 'Take 127.0.0.1 and localhost out of the proxy settings of the browser or the computer.',
  },
  {
    cause: 'A policy of the browser (Local Network Access) stops pages from reaching this computer.',
    mend: 'Ask your IT team to allow this site in the policy LoopbackNetworkAllowedForUrls.',
  },
  {
    cause: 'The browser stopped the small window.',
    mend: 'Allow pop-up windows for this site, or use the link “Sign in with the smartcard in this window”.',
  },
  {
    cause: 'The reader or the card is not found.',
    mend: 'Take the card out and put it in again, chip first and upwards. Try another USB port for the reader.',
  },
];
