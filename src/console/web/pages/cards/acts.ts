import type { CardAct, CardRecord } from '../../../../cis/protocol.ts';

/** An act of the registration authority on a card, for people. */
export interface PossibleAct {
  act: CardAct;
  title: string;
  /** Its effect. */
  effect: string;
  /** Why it is impossible now; undefined if it is possible. */
  whyNot: string | undefined;
  hasReason: boolean;
}

const day = (time: string | null): string => (time ? ` on ${time.slice(0, 10)}` : '');

/** Returns why nothing more can be done with a card; undefined if something can. */
const over = ({ state, revokedAt, revocationReason }: CardRecord): string | undefined => {
  if (state === 'replaced') return `It was replaced${day(revokedAt)}. Use its successor.`;
  if (state === 'revoked')
    return `It was revoked${day(revokedAt)}${revocationReason ? ` (${revocationReason})` : ''}, which cannot be undone. Order a new card.`;
  return undefined;
};

/** Returns the acts on a card, each with the reason if it is impossible. */
export function actsOn(card: CardRecord): PossibleAct[] {
  const ended = over(card);
  const unissued =
    card.state === 'ordered'
      ? 'It is not issued yet: its keys and PIN are made when it is issued at a workstation.'
      : undefined;
  const locked = card.unlockable
    ? undefined
    : 'CIS does not have the unblocking code of this card. Replace the card.';
  return [
    {
      act: 'unblock',
      title: 'Unblock the PIN',
      effect: 'Shows the unblocking code, with which the holder chooses a new PIN at the reader.',
      whyNot: ended ?? unissued ?? locked,
      hasReason: false,
    },
    {
      act: 'renew',
      title: 'Renew',
      effect:
        'The holder may have new keys certified within 24 hours, also after the certificate has expired.',
      whyNot: ended ?? unissued,
      hasReason: false,
    },
    {
      act: 'replace',
      title: 'Replace',
      effect: 'Revokes this card as below, and orders another for the same person.',
      whyNot: ended,
      hasReason: true,
    },
    {
      act: 'revoke',
      title: 'Revoke',
      effect:
        'Its certificates are refused everywhere and its sessions end. If it was lost or stolen, the holder also gets a new signing certificate at the next signature. This cannot be undone.',
      whyNot: ended,
      hasReason: true,
    },
  ];
}
