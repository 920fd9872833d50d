import { json } from '@alongside/kernel/answer';
import type { Clock } from '@alongside/kernel/clock';
import type { Recorder } from '@alongside/kernel/events';
import type { HttpRequest, Route } from '@alongside/kernel/http';
import { steps } from '@alongside/kernel/steps';
import { z } from 'zod';
import type { AuditLog } from '../../storage/audit.ts';
import type { CardExaminer, ExaminedCard } from '../card/examination.ts';
import type { Directory } from '../directory/directory.ts';
import { errors } from '../errors.ts';
import type { CardCertificates, MadeCertificates } from '../issuing-authority/card-certificates.ts';
import type { CertificateRecords } from '../issuing-authority/certificate-records.ts';
import { type CertificateOrder, readKeys, spki } from '../issuing-authority/order.ts';
import { readBody } from '../json-body.ts';
import { cardRenewalMessage } from '../protocol.ts';
import type { AgentCalls } from '../sessions/agent-calls.ts';
import type { Challenges } from '../sessions/challenge.ts';
import { iso, type Session } from '../sessions/session.ts';
import { cardSignature, challenge } from '../shapes.ts';
import { inRenewalWindow } from './card-row.ts';
import type { Cards } from './cards.ts';

export interface RenewalDeps {
  clock: Clock;
  calls: AgentCalls;
  challenges: Challenges;
  examiner: CardExaminer;
  directory: Directory;
  certificates: CardCertificates;
  records: CertificateRecords;
  cards: Cards;
  recorder: Recorder;
  audit: AuditLog;
}

interface Start {
  request: HttpRequest;
}

const shape = z.strictObject({ ...cardSignature, challenge, authenticationKey: spki, signingKey: spki });

type Renewal = z.infer<typeof shape> & { keys: CertificateOrder['keys'] };

const text = (der: Buffer): string => der.toString('base64');

/** `POST /sessions/{id}/card-renewal`: the holder of a card has its keys replaced, in the last days of its certificates. */
export function renewalRoutes(deps: RenewalDeps): Route[] {
  const { clock, calls, challenges, examiner, directory, certificates, records, cards } = deps;

  function readRenewal({ request }: Start): { renewal: Renewal } {
    const body = readBody(request, shape);
    return { renewal: { ...body, keys: readKeys(body.authenticationKey, body.signingKey) } };
  }

  async function spendChallenge({ renewal }: { renewal: Renewal }) {
    await challenges.spend(renewal.challenge);
  }

  /** The card signed the new keys with the one that it has: nobody slips in others. */
  async function examineCard({ renewal, session }: { renewal: Renewal; session: Session }) {
    const message = Buffer.from(
      cardRenewalMessage(
        renewal.challenge,
        session.cardSerial,
        text(renewal.authenticationKey),
        text(renewal.signingKey),
      ),
    );
    return { card: await examiner.examine({ ...renewal, message }) };
  }

  function requireSameCard({ session, card }: { session: Session; card: ExaminedCard }) {
    if (card.uid !== session.uid || card.cardSerial !== session.cardSerial)
      throw errors.anotherPerson(`the session is of card ${session.cardSerial}, this is ${card.cardSerial}`);
  }

  async function requireHolder({ session }: { session: Session }) {
    const found = await directory.find(session.uid);
    if (!found) throw errors.personUnknown(`uid ${session.uid}`);
    if (found.person.disabled) throw errors.personDisabled(`uid ${session.uid}`);
  }

  async function requireWindow({ card }: { card: ExaminedCard }) {
    const record = await records.find(card.certificateSerial);
    if (!record || !inRenewalWindow(record.notAfter, clock.now()))
      throw errors.renewalTooEarly(`it ends at ${record ? iso(record.notAfter) : 'no known time'}`);
    await cards.requireIssuable(card.cardSerial, card.uid, true);
  }

  const makeCertificates = async ({ session, renewal }: { session: Session; renewal: Renewal }) => ({
    made: await certificates.make({
      uid: session.uid,
      cardSerial: session.cardSerial,
      profile: 'standard',
      keys: renewal.keys,
    }),
  });

  /** The old certificates go on until their own end: the card may have been pulled out before it took the new ones. */
  async function recordRenewal({ session, made }: { session: Session; made: MadeCertificates }) {
    const record = deps.audit.recordStatement({
      actor: session.uid,
      action: 'cis.card-renewed',
      target: session.cardSerial,
      outcome: 'ok',
      detail: { serial: made.records.authentication.serial },
    });
    await cards.issued(session.cardSerial, session.uid, undefined, Object.values(made.records), record);
    deps.recorder.record({
      keys: [session.id],
      from: 'identity-agent',
      to: 'cis',
      name: 'cis.card-renewed',
    });
  }

  const answerCertificates = ({ made }: { made: MadeCertificates }) => json(201, made.answer);

  const list = steps<Start>()
    .step(calls.findSession)
    .step(calls.checkSessionProof)
    .step(calls.requireLive)
    .step(readRenewal)
    .step(spendChallenge)
    .step(examineCard)
    .step(requireSameCard)
    .step(requireHolder)
    .step(requireWindow)
    .step(makeCertificates)
    .step(recordRenewal)
    .step(answerCertificates);
  return [
    { methods: ['POST'], path: '/sessions/:id/card-renewal', endpoint: (request) => list.run({ request }) },
  ];
}
