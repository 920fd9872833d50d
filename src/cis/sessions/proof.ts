import { json } from '@alongside/kernel/answer';
import { Refusal } from '@alongside/kernel/errors';
import type { Recorder } from '@alongside/kernel/events';
import type { Route } from '@alongside/kernel/http';
import { route } from '@alongside/kernel/route';
import { type Passed, steps } from '@alongside/kernel/steps';
import { z } from 'zod';
import { admit, type Call, handler, type ServiceSecrets } from '../endpoint.ts';
import { errors } from '../errors.ts';
import type { CardExaminer } from '../examination/examiner.ts';
import type { ProofAnswer, SignInRefusal } from '../protocol.ts';
import { base64, cardSignature, readBody } from '../shapes.ts';
import { findSession } from './agent-calls.ts';
import type { Endings } from './endings.ts';
import { type Session, stateOf } from './session.ts';

interface QueryDependencies {
  endings: Endings;
  examiner: CardExaminer;
  recorder: Recorder;
  serviceSecrets: ServiceSecrets;
}

type ProofCall = Call<QueryDependencies>;

const shape = z
  .strictObject({ message: base64(4_096).nullable(), card: z.strictObject(cardSignature).nullable() })
  .refine(
    ({ message, card }) => (message === null) === (card === null),
    'message and card come together or not at all',
  );

/** A call of a service about a session. */
type SessionQuery = ProofCall & Passed<'caller'> & { session: Session };

interface Requested {
  proof: z.infer<typeof shape>;
}

const readProof = ({ request }: ProofCall): Requested => ({ proof: readBody(request, shape) });

/** Checks that the card signed the message and belongs to the person of the session. */
async function examineCard({ cis, session, proof: { message, card } }: SessionQuery & Requested) {
  if (message === null || card === null) return { card: null };
  try {
    const { uid } = await cis.examiner.examine({ ...card, message });
    if (uid !== session.uid)
      throw errors.issuerUnknown(`the session belongs to ${session.uid}, the card to ${uid}`);
    return { card: { valid: true, reason: null } };
  } catch (thrown) {
    if (!(thrown instanceof Refusal)) throw thrown;
    return { card: { valid: false, reason: thrown.entry.code as SignInRefusal } };
  }
}

function recordProof({
  cis,
  session,
  proof,
  card,
}: SessionQuery & Requested & Pick<ProofAnswer, 'card'>): void {
  const message = proof.message === null ? '' : Buffer.from(proof.message).toString('base64');
  const active = session.endedAt === null;
  cis.recorder.record({
    // The message identifies one hand-off, the session many.
    keys: [message],
    lasting: session.id,
    session: session.id,
    from: 'cis2',
    to: 'cis',
    name: 'cis.proof',
    outcome: active && card?.valid !== false ? 'ok' : 'refused',
    detail: { active, card: card === null ? 'absent' : (card.reason ?? 'valid') },
  });
}

const answerProof = ({ session, card }: SessionQuery & Pick<ProofAnswer, 'card'>) =>
  json(200, { session: stateOf(session), card } satisfies ProofAnswer);

const answerState = ({ session }: SessionQuery) => json(200, stateOf(session));

type Start = ProofCall & { id: string };
const state = steps<Start>('cis.read-session')
  .step(admit('cis2', 'console'))
  .step(findSession)
  .step(answerState);
const proof = steps<Start>('cis.proof')
  .step(admit('cis2'))
  .step(readProof)
  .step(findSession)
  .step(examineCard)
  .step(recordProof)
  .step(answerProof);

/** `GET /sessions/{id}` and `POST /sessions/{id}/proof`, for services. */
export const proofRoutes = (cis: QueryDependencies): Route[] => [
  ...route('/sessions/:id', { GET: handler(state, cis) }),
  ...route('/sessions/:id/proof', { POST: handler(proof, cis) }),
];
