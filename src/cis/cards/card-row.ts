import { isoTime } from '@alongside/kernel/clock';
import { flag, integer, nullable, oneOf, type RowOf, row, text } from '../../storage/row.ts';
import type { CertificateRecord } from '../issuing-authority/certificate-records.ts';
import { type CardRecord, cardStates, pinStates, renewalDays } from '../protocol.ts';

/** A card in storage. Times in milliseconds. */
export const cardRow = row('card', {
  serial: text,
  uid: text,
  state: oneOf(...cardStates),
  pin: oneOf(...pinStates),
  issuedLocked: flag,
  unblockingSealed: nullable(text),
  orderedBy: nullable(text),
  replaces: nullable(text),
  renewalUntil: nullable(integer),
  createdAt: integer,
});

export type CardRow = RowOf<typeof cardRow>;

export const isOver = ({ state }: { state: CardRecord['state'] }): boolean =>
  state === 'revoked' || state === 'replaced';

const renewalWindow = renewalDays * 86_400_000;

/** Returns whether the holder may renew a certificate that expires at this time. */
export const inRenewalWindow = (notAfter: number, now: number): boolean =>
  now <= notAfter && notAfter - now <= renewalWindow;

function stateOf(card: CardRow, latest: CertificateRecord | undefined, now: number): CardRecord['state'] {
  if (card.state !== 'active' || !latest) return card.state;
  if (latest.revokedAt !== null) return 'revoked';
  return now > latest.notAfter ? 'expired' : 'active';
}

/** Returns a card for the registration authority, with its latest authentication certificate. */
export function recordOf(card: CardRow, latest: CertificateRecord | undefined, now: number): CardRecord {
  const state = stateOf(card, latest, now);
  return {
    serial: card.serial,
    uid: card.uid,
    state,
    pin: card.pin,
    issuedLocked: card.issuedLocked,
    orderedBy: card.orderedBy,
    replaces: card.replaces,
    notBefore: latest ? isoTime(latest.notBefore) : null,
    notAfter: latest ? isoTime(latest.notAfter) : null,
    renewable: state === 'active' && latest !== undefined && inRenewalWindow(latest.notAfter, now),
    revokedAt: latest?.revokedAt == null ? null : isoTime(latest.revokedAt),
    revocationReason: latest?.revocationReason ?? null,
    unlockable: card.unblockingSealed !== null,
  };
}
