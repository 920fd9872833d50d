import { json, noContent, StreamAnswer } from '@alongside/kernel/answer';
import type { Recorder } from '@alongside/kernel/events';
import type { HttpRequest, Route } from '@alongside/kernel/http';
import { thumbprint } from '@alongside/kernel/jwk';
import { steps } from '@alongside/kernel/steps';
import { z } from 'zod';
import type { AuditLog } from '../../storage/audit.ts';
import type { CardExaminer, ExaminedCard } from '../card/examination.ts';
import type { Directory } from '../directory/directory.ts';
import { errors } from '../errors.ts';
import { readBody } from '../json-body.ts';
import {
  type AgentEndCause,
  agentEndCauses,
  endWait,
  type HeartbeatAnswer,
  type PinAnswer,
  type RoleChoice,
  type SessionEnd,
  type SignOutRequest,
  signInMessage,
} from '../protocol.ts';
import { cardSignature, challenge, digits12 } from '../shapes.ts';
import type { AgentCalls } from './agent-calls.ts';
import { roleChoiceStatement } from './audit-records.ts';
import type { Challenges } from './challenge.ts';
import type { EndWatch } from './end-watch.ts';
import type { Endings } from './endings.ts';
import { idleEnd, iso, type Session } from './session.ts';
import type { Sessions } from './sessions.ts';

export interface SessionCallDeps {
  calls: AgentCalls;
  challenges: Challenges;
  examiner: CardExaminer;
  directory: Directory;
  sessions: Sessions;
  endings: Endings;
  watch: EndWatch;
  recorder: Recorder;
  audit: AuditLog;
}

interface Start {
  request: HttpRequest;
}

const roleShape = z.strictObject({ roleId: digits12.nullable() });
const pinShape = z.strictObject({ ...cardSignature, challenge });
const signOutShape = z.strictObject({
  cause: z.enum(agentEndCauses, `must be of ${agentEndCauses.join(', ')}`),
});

type Pin = z.infer<typeof pinShape>;

const requireDone = (done: boolean): void => {
  if (!done) throw errors.sessionEnded('it ended meanwhile', { cause: 'expired' });
};

/** What an agent does with its session: heartbeat, role, PIN again, end, and the wait for an end that others make. */
export function sessionCallRoutes(deps: SessionCallDeps): Route[] {
  const { calls, challenges, examiner, directory, sessions, endings, watch, recorder, audit } = deps;
  const { findSession, checkSessionProof, requireLive } = calls;

  async function beat({ session }: { session: Session }) {
    requireDone(await sessions.heard(session.id));
    return { beaten: (await sessions.find(session.id)) ?? session };
  }

  const answerBeat = ({ beaten }: { beaten: Session }) =>
    json(200, { idleEndsAt: iso(idleEnd(beaten)), endsAt: iso(beaten.endsAt) } satisfies HeartbeatAnswer);

  const readRole = ({ request }: Start): { choice: RoleChoice } => ({ choice: readBody(request, roleShape) });

  async function checkRole({ session, choice }: { session: Session; choice: RoleChoice }) {
    if (choice.roleId === null) return;
    const roles = (await directory.find(session.uid))?.person.roles ?? [];
    if (!roles.some(({ roleId }) => roleId === choice.roleId))
      throw errors.roleUnknown(`${session.uid} has no role ${choice.roleId}`);
  }

  async function chooseRole({ session, choice }: { session: Session; choice: RoleChoice }) {
    const { roleId } = choice;
    requireDone(await sessions.chooseRole(session.id, roleId, roleChoiceStatement(audit, session, roleId)));
    recorder.record({
      keys: [session.id],
      from: 'identity-agent',
      to: 'cis',
      name: 'cis.role',
      detail: { roleId: roleId ?? '' },
    });
  }

  const answerRole = ({ choice }: { choice: RoleChoice }) => json(200, choice);

  const readPin = ({ request }: Start): { pin: Pin } => ({ pin: readBody(request, pinShape) });

  async function spendChallenge({ pin }: { pin: Pin }) {
    await challenges.spend(pin.challenge);
  }

  async function examineCard({ session, pin }: { session: Session; pin: Pin }) {
    const message = Buffer.from(signInMessage(pin.challenge, thumbprint(session.sessionKey)));
    return { card: await examiner.examine({ ...pin, message }) };
  }

  function requireSamePerson({ session, card }: { session: Session; card: ExaminedCard }) {
    if (card.uid !== session.uid)
      throw errors.anotherPerson(`the session is of ${session.uid}, the card of ${card.uid}`);
  }

  async function keepPin({ session, pin, card }: { session: Session; pin: Pin; card: ExaminedCard }) {
    const { id, uid } = session;
    const record = audit.recordStatement({
      actor: uid,
      action: 'cis.pin',
      target: id,
      session: id,
      outcome: 'ok',
    });
    requireDone(await sessions.pinGiven(id, card.cardSerial, record));
    recorder.record({
      keys: [pin.challenge, id],
      from: 'identity-agent',
      to: 'cis',
      name: 'cis.pin',
    });
  }

  async function answerPin({ session }: { session: Session }) {
    const { pinAt } = (await sessions.find(session.id)) ?? session;
    return json(200, { pinTime: iso(pinAt) } satisfies PinAnswer);
  }

  const readCause = ({ request }: Start): SignOutRequest =>
    request.body === '' ? { cause: 'signedOut' } : readBody(request, signOutShape);

  /** One that has ended already has ended: the agent may have missed the answer. */
  async function endSession({ session, cause }: { session: Session; cause: AgentEndCause }) {
    await endings.end(session.id, cause);
    return noContent();
  }

  const answerEnd = ({ session }: { session: Session }) =>
    new StreamAnswer(
      200,
      { 'content-type': 'application/json', 'cache-control': 'no-store' },
      async function* ended(gone) {
        const endCause = await watch.wait(session.id, endWait * 1_000, gone);
        yield JSON.stringify({ endCause } satisfies SessionEnd);
      },
    );

  const heartbeat = steps<Start>()
    .step(findSession)
    .step(checkSessionProof)
    .step(requireLive)
    .step(beat)
    .step(answerBeat);

  const role = steps<Start>()
    .step(findSession)
    .step(checkSessionProof)
    .step(requireLive)
    .step(readRole)
    .step(checkRole)
    .step(chooseRole)
    .step(answerRole);

  const pin = steps<Start>()
    .step(findSession)
    .step(checkSessionProof)
    .step(requireLive)
    .step(readPin)
    .step(spendChallenge)
    .step(examineCard)
    .step(requireSamePerson)
    .step(keepPin)
    .step(answerPin);

  const end = steps<Start>().step(findSession).step(checkSessionProof).step(requireLive).step(answerEnd);

  const signOut = steps<Start>().step(findSession).step(checkSessionProof).step(readCause).step(endSession);

  return [
    { methods: ['POST'], path: '/sessions/:id/heartbeat', endpoint: (request) => heartbeat.run({ request }) },
    { methods: ['GET'], path: '/sessions/:id/end', endpoint: (request) => end.run({ request }) },
    { methods: ['PUT', 'POST'], path: '/sessions/:id/role', endpoint: (request) => role.run({ request }) },
    { methods: ['POST'], path: '/sessions/:id/pin', endpoint: (request) => pin.run({ request }) },
    { methods: ['DELETE'], path: '/sessions/:id', endpoint: (request) => signOut.run({ request }) },
  ];
}
