import type { CertificateRecord } from '../issuing-authority/certificate-records.ts';
import { type CardRecord, type PinState, type RevocationReason, renewalDays } from '../protocol.ts';
import { iso } from '../sessions/session.ts';

/** A card as it is kept. Times in milliseconds. */
export interface CardRow {
  serial: string;
  uid: string;
  state: 'ordered' | 'active' | 'revoked' | 'replaced';
  pin: PinState;
  issued_locked: number;
  unblocking_sealed: string | null;
  ordered_by: string | null;
  replaces: string | null;
  renewal_until: number | null;
  unlock_round: string | null;
  unlock_attempts: number;
  created_at: number;
}

const renewalWindow = renewalDays * 86_400_000;

/** Whether a certificate is in the last days in which its holder may renew it. */
export const inRenewalWindow = (notAfter: number, now: number): boolean =>
  now <= notAfter && notAfter - now <= renewalWindow;

function stateOf(card: CardRow, latest: CertificateRecord | undefined, now: number): CardRecord['state'] {
  if (card.state !== 'active' || !latest) return card.state;
  if (latest.revokedAt !== null) return 'revoked';
  return now > latest.notAfter ? 'expired' : 'active';
}

/** A card as the registration authority sees it, with its latest authentication certificate. */
export function recordOf(card: CardRow, latest: CertificateRecord | undefined, now: number): CardRecord {
  const state = stateOf(card, latest, now);
  return {
    serial: card.serial,
    uid: card.uid,
    state,
    pin: card.pin,
    issuedLocked: card.issued_locked !== 0,
    orderedBy: card.ordered_by,
    replaces: card.replaces,
    notBefore: latest ? iso(latest.notBefore) : null,
    notAfter: latest ? iso(latest.notAfter) : null,
    renewable: state === 'active' && latest !== undefined && inRenewalWindow(latest.notAfter, now),
    revokedAt: latest?.revokedAt == null ? null : iso(latest.revokedAt),
    revocationReason: (latest?.revocationReason ?? null) as RevocationReason | null,
    unlockable: card.unblocking_sealed !== null,
  };
}
