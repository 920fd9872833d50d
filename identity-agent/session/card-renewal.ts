import { reasonOf } from '@alongside/kernel/errors';
import { cardRenewalMessage, renewalDays } from '../../src/cis/protocol.ts';
import { CardError } from '../card/card-client.ts';
import { type CertificateIssuer, decodeCertificates, encodeKeys } from '../card/card-issue.ts';
import { CisRefusal } from './cis-client.ts';
import type { Desk } from './desk.ts';
import type { DeskCard } from './desk-card.ts';
import type { LiveSession } from './live-session.ts';

const day = 86_400_000;

/** The result of a renewal. `sentence` is CIS's reason for a refusal. */
export type RenewalResult =
  | { ok: true }
  | { ok: false; error: 'renewal_refused'; sentence: string }
  | {
      ok: false;
      error: 'no_card' | 'not_signed_in' | 'not_due' | 'not_renewable' | 'card_removed' | 'cis_unreachable';
    };

/** Returns whether the certificate of a card can be renewed: it expires soon and has not expired. */
export function isRenewalDue({ certificateEnds }: Pick<DeskCard, 'certificateEnds'>, now: number): boolean {
  return certificateEnds !== null && certificateEnds > now && certificateEnds - now <= renewalDays * day;
}

/** CIS as the issuer of the new certificates: the card signs the request with its current key. */
const issuerFor = (desk: Desk, card: DeskCard, session: LiveSession): CertificateIssuer => ({
  async issue({ serial, ...request }) {
    const { cis } = desk.parts;
    const challenge = await cis.challenge();
    const keys = encodeKeys(request);
    const message = cardRenewalMessage(challenge, serial, keys.authenticationKey, keys.signingKey);
    const signed = await card.sign(Buffer.from(message));
    return decodeCertificates(
      await cis.renewCard(session.id, session.key, { ...signed, challenge, ...keys }),
    );
  },
});

/** Renews the signed-in user's card in the last days of its certificate. */
export async function renewCard(desk: Desk): Promise<RenewalResult> {
  const { card, session, office } = desk;
  if (!card) return { ok: false, error: 'no_card' };
  if (!session || session.lock || !desk.ownCard) return { ok: false, error: 'not_signed_in' };
  if (!isRenewalDue(card, desk.parts.clock.now())) return { ok: false, error: 'not_due' };
  if (!office) return { ok: false, error: 'not_renewable' };
  try {
    await office.renew(issuerFor(desk, card, session));
    await card.reread();
    desk.arrows.cardAct(card, 'renewed', [session.id]);
    return { ok: true };
  } catch (error) {
    desk.parts.log.warn({ reason: reasonOf(error) }, 'a card was not renewed');
    if (error instanceof CisRefusal) return refused(desk, session, error);
    const gone = error instanceof CardError && error.code === 'card_removed';
    return { ok: false, error: gone ? 'card_removed' : 'cis_unreachable' };
  }
}

function refused(desk: Desk, session: LiveSession, error: CisRefusal): RenewalResult {
  if (error.sessionIsOver) {
    desk.lost(session, error.message);
    return { ok: false, error: 'not_signed_in' };
  }
  if (error.code === 'renewal_too_early') return { ok: false, error: 'not_due' };
  return { ok: false, error: 'renewal_refused', sentence: error.message };
}
