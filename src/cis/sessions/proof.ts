import { json } from '@alongside/kernel/answer';
import { Refusal } from '@alongside/kernel/errors';
import type { Recorder } from '@alongside/kernel/events';
import type { HttpRequest, Route } from '@alongside/kernel/http';
import { steps } from '@alongside/kernel/steps';
import { z } from 'zod';
import type { Admit } from '../callers.ts';
import type { CardExaminer } from '../card/examination.ts';
import { errors } from '../errors.ts';
import { readBody } from '../json-body.ts';
import type { ProofAnswer, SignInRefusal } from '../protocol.ts';
import { base64, cardSignature } from '../shapes.ts';
import type { AgentCalls } from './agent-calls.ts';
import { type Session, stateOf } from './session.ts';

export interface ProofDeps {
  calls: AgentCalls;
  examiner: CardExaminer;
  recorder: Recorder;
  admit: Admit;
}

interface Start {
  request: HttpRequest;
}

const shape = z
  .strictObject({ message: base64(4_096).nullable(), card: z.strictObject(cardSignature).nullable() })
  .refine(
    ({ message, card }) => (message === null) === (card === null),
    'message and card come together or not at all',
  );

type Proof = z.infer<typeof shape>;

/** `GET /sessions/{id}` and `POST /sessions/{id}/proof`: what services ask of a session. */
export function proofRoutes({ calls, examiner, recorder, admit }: ProofDeps): Route[] {
  const { findSession } = calls;

  const answerState = ({ session }: { session: Session }) => json(200, stateOf(session));

  const readProof = ({ request }: Start): { proof: Proof } => ({ proof: readBody(request, shape) });

  /** Whether the card signed the message and is the session's person's. */
  async function examineCard({
    session,
    proof,
  }: {
    session: Session;
    proof: Proof;
  }): Promise<{ card: ProofAnswer['card'] }> {
    const { message, card } = proof;
    if (message === null || card === null) return { card: null };
    try {
      const { uid } = await examiner.examine({ ...card, message });
      if (uid !== session.uid)
        throw errors.issuerUnknown(`the session is of ${session.uid}, the card of ${uid}`);
      return { card: { valid: true, reason: null } };
    } catch (thrown) {
      if (!(thrown instanceof Refusal)) throw thrown;
      return { card: { valid: false, reason: thrown.entry.code as SignInRefusal } };
    }
  }

  function recordProof(known: { session: Session; card: ProofAnswer['card']; proof: Proof }): void {
    const { session, card, proof } = known;
    const message = proof.message === null ? '' : Buffer.from(proof.message).toString('base64');
    const active = session.endedAt === null;
    recorder.record({
      // What the card signed belongs to one hand-off, the session to many.
      keys: [message, session.id],
      from: 'cis2',
      to: 'cis',
      name: 'cis.proof',
      outcome: active && card?.valid !== false ? 'ok' : 'refused',
      detail: { active, card: card === null ? 'absent' : (card.reason ?? 'valid') },
    });
  }

  const answerProof = ({ session, card }: { session: Session; card: ProofAnswer['card'] }) =>
    json(200, { session: stateOf(session), card } satisfies ProofAnswer);

  const state = steps<Start>().step(admit('cis2', 'console')).step(findSession).step(answerState);
  const proof = steps<Start>()
    .step(admit('cis2'))
    .step(readProof)
    .step(findSession)
    .step(examineCard)
    .step(recordProof)
    .step(answerProof);
  return [
    { methods: ['GET'], path: '/sessions/:id', endpoint: (request) => state.run({ request }) },
    { methods: ['POST'], path: '/sessions/:id/proof', endpoint: (request) => proof.run({ request }) },
  ];
}
