import { isoTime } from '@alongside/kernel/clock';
import type { Route } from '@alongside/kernel/http';
import { route } from '@alongside/kernel/route';
import { check, type Passed, steps } from '@alongside/kernel/steps';
import { z } from 'zod';
import { handler } from '../endpoint.ts';
import { errors } from '../errors.ts';
import type { ExaminedCard } from '../examination/examiner.ts';
import {
  type CertificateOrder,
  type IssuedCertificates,
  readKeys,
  spki,
} from '../issuing-authority/card-certificates.ts';
import { cardRenewalMessage } from '../protocol.ts';
import { checkSessionProof, findSession, requireLive } from '../sessions/agent-calls.ts';
import type { Session } from '../sessions/session.ts';
import { cardSignature, challenge, readBody } from '../shapes.ts';
import { inRenewalWindow } from './card-row.ts';
import { answerCertificates } from './issue.ts';
import type { CardCall, CardServices } from './services.ts';

const shape = z.strictObject({ ...cardSignature, challenge, authenticationKey: spki, signingKey: spki });

interface RenewalCall extends CardCall {
  session: Session;
}

interface Requested extends RenewalCall {
  renewal: z.infer<typeof shape> & { keys: CertificateOrder['keys'] };
}

interface Examined extends Requested {
  card: ExaminedCard;
}

const text = (der: Buffer): string => der.toString('base64');

function readRenewal({ request }: RenewalCall): Pick<Requested, 'renewal'> {
  const body = readBody(request, shape);
  return { renewal: { ...body, keys: readKeys(body.authenticationKey, body.signingKey) } };
}

const spendChallenge = check('single-use', async function spendChallenge({ cis, renewal }: Requested) {
  await cis.challenges.spend(renewal.challenge);
});

/** The card's current key must have signed the new keys, so that only its holder can choose them. */
const examineCard = check(
  'card',
  async function examineCard({ cis, renewal, session }: Requested & Passed<'single-use'>) {
    const message = cardRenewalMessage(
      renewal.challenge,
      session.cardSerial,
      text(renewal.authenticationKey),
      text(renewal.signingKey),
    );
    return { card: await cis.examiner.examine({ ...renewal, message: Buffer.from(message) }) };
  },
);

const requireSameCard = check('same-card', function requireSameCard({ session, card }: Examined) {
  if (card.uid !== session.uid || card.cardSerial !== session.cardSerial)
    throw errors.anotherPerson(
      `the session belongs to card ${session.cardSerial}, this is ${card.cardSerial}`,
    );
});

const requireHolder = check('holder', async function requireHolder({ cis, session }: Examined) {
  const found = await cis.directory.find(session.uid);
  if (!found) throw errors.personUnknown(`uid ${session.uid}`);
  if (found.person.disabled) throw errors.personDisabled(`uid ${session.uid}`);
});

const requireWindow = check('renewal-window', async function requireWindow({ cis, card }: Examined) {
  const record = await cis.records.find(card.certificateSerial);
  if (!record || !inRenewalWindow(record.notAfter, cis.clock.now()))
    throw errors.renewalTooEarly(`it expires at ${record ? isoTime(record.notAfter) : 'an unknown time'}`);
  await cis.cards.requireIssuable(card.cardSerial, card.uid, true);
});

const issueCertificates = async ({
  cis,
  session: { uid, cardSerial },
  renewal: { keys },
}: Requested & Passed<'session-proof' | 'live' | 'card' | 'same-card' | 'holder' | 'renewal-window'>) => ({
  issued: await cis.certificates.issue({ uid, cardSerial, profile: 'standard', keys }),
});

/** The old certificates stay valid: the user may remove the card before it has stored the new ones. */
async function storeCertificates({ cis, session, issued }: RenewalCall & { issued: IssuedCertificates }) {
  const record = cis.audit.recordStatement({
    actor: session.uid,
    action: 'cis.card-renewed',
    target: session.cardSerial,
    outcome: 'ok',
    detail: { serial: issued.records.authentication.serial },
  });
  await cis.cards.issued(session.cardSerial, session.uid, undefined, Object.values(issued.records), record);
  cis.recorder.record({ lasting: session.id, from: 'identity-agent', to: 'cis', name: 'cis.card-renewed' });
}

const list = steps<CardCall & { id: string }>('cis.renew-card')
  .step(findSession)
  .step(checkSessionProof)
  .step(requireLive)
  .step(readRenewal)
  .step(spendChallenge)
  .step(examineCard)
  .step(requireSameCard)
  .step(requireHolder)
  .step(requireWindow)
  .step(issueCertificates)
  .step(storeCertificates)
  .step(answerCertificates);

/** `POST /sessions/{id}/card-renewal`: certifies new keys of a card, shortly before its certificates expire. */
export const renewalRoutes = (cis: CardServices): Route[] =>
  route('/sessions/:id/card-renewal', { POST: handler(list, cis) });
