import { json, noContent, StreamAnswer } from '@alongside/kernel/answer';
import { isoTime } from '@alongside/kernel/clock';
import type { Recorder } from '@alongside/kernel/events';
import type { Route } from '@alongside/kernel/http';
import { thumbprint } from '@alongside/kernel/jws';
import { route } from '@alongside/kernel/route';
import { check, type Passed, steps } from '@alongside/kernel/steps';
import { z } from 'zod';
import type { AuditLog } from '../../storage/audit.ts';
import type { Directory } from '../directory/directory.ts';
import { type Call, handler } from '../endpoint.ts';
import { errors } from '../errors.ts';
import type { CardExaminer, ExaminedCard } from '../examination/examiner.ts';
import {
  type AgentEndCause,
  endWait,
  type HeartbeatAnswer,
  type PinAnswer,
  type RoleChoice,
  type SessionEnd,
  type SignOutRequest,
  signInMessage,
} from '../protocol.ts';
import { cardSignature, challenge, digits12, readBody } from '../shapes.ts';
import { checkSessionProof, findSession, type ProofDependencies, requireLive } from './agent-calls.ts';
import { roleChoiceStatement } from './audit-records.ts';
import type { Challenges } from './challenge.ts';
import type { EndWatch } from './end-watch.ts';
import type { Endings } from './endings.ts';
import { idleEnd, type Session } from './session.ts';
import type { Sessions } from './sessions.ts';

interface SessionDependencies extends ProofDependencies {
  challenges: Challenges;
  examiner: CardExaminer;
  directory: Directory;
  sessions: Sessions;
  endings: Endings;
  watch: EndWatch;
  recorder: Recorder;
  audit: AuditLog;
}

type SessionCall = Call<SessionDependencies> & { session: Session };
type ProvenCall = SessionCall & Passed<'session-proof'>;
type LiveCall = ProvenCall & Passed<'live'>;

const causes = [
  'cardRemoved',
  'signedOut',
  'anotherPerson',
  'agentStopped',
] as const satisfies readonly AgentEndCause[];

const roleShape = z.strictObject({ roleId: digits12.nullable() });
const pinShape = z.strictObject({ ...cardSignature, challenge });
const signOutShape = z.strictObject({ cause: z.enum(causes, `must be of ${causes.join(', ')}`) });

interface WithPin {
  pin: z.infer<typeof pinShape>;
}

interface WithChoice {
  choice: RoleChoice;
}

const requireDone = (done: boolean): void => {
  if (!done) throw errors.sessionEnded('it has ended since', { cause: 'expired' });
};

async function answerHeartbeat({ cis: { sessions }, session }: LiveCall) {
  requireDone(await sessions.heard(session.id));
  const extended = (await sessions.find(session.id)) ?? session;
  return json(200, {
    idleEndsAt: isoTime(idleEnd(extended)),
    endsAt: isoTime(extended.endsAt),
  } satisfies HeartbeatAnswer);
}

const readRole = ({ request }: SessionCall): WithChoice => ({ choice: readBody(request, roleShape) });

const checkRole = check('role', async function checkRole({ cis, session, choice }: SessionCall & WithChoice) {
  if (choice.roleId === null) return;
  const roles = (await cis.directory.find(session.uid))?.person.roles ?? [];
  if (!roles.some(({ roleId }) => roleId === choice.roleId))
    throw errors.roleUnknown(`${session.uid} has no role ${choice.roleId}`);
});

async function chooseRole({
  cis: { sessions, audit, recorder },
  session,
  choice,
}: LiveCall & Passed<'role'> & WithChoice) {
  const { roleId } = choice;
  requireDone(await sessions.chooseRole(session.id, roleId, roleChoiceStatement(audit, session, roleId)));
  recorder.record({
    lasting: session.id,
    from: 'identity-agent',
    to: 'cis',
    name: 'cis.role',
    detail: { roleId: roleId ?? '' },
  });
  return json(200, choice);
}

const readPin = ({ request }: SessionCall): WithPin => ({ pin: readBody(request, pinShape) });

const spendChallenge = check(
  'single-use',
  async function spendChallenge({ cis, pin }: SessionCall & WithPin) {
    await cis.challenges.spend(pin.challenge);
  },
);

const examineCard = check(
  'card',
  async function examineCard({ cis, session, pin }: SessionCall & WithPin & Passed<'single-use'>) {
    const message = Buffer.from(signInMessage(pin.challenge, thumbprint(session.sessionKey)));
    return { card: await cis.examiner.examine({ ...pin, message }) };
  },
);

const requireSamePerson = check(
  'same-person',
  function requireSamePerson({ session, card }: SessionCall & { card: ExaminedCard }) {
    if (card.uid !== session.uid)
      throw errors.anotherPerson(`the session belongs to ${session.uid}, the card to ${card.uid}`);
  },
);

async function storePin({
  cis: { sessions, audit, recorder },
  session: { id, uid },
  pin,
  card,
}: LiveCall & Passed<'card' | 'same-person'> & WithPin & { card: ExaminedCard }) {
  const record = audit.recordStatement({
    actor: uid,
    action: 'cis.pin',
    target: id,
    session: id,
    outcome: 'ok',
  });
  requireDone(await sessions.pinGiven(id, card.cardSerial, record));
  recorder.record({ keys: [pin.challenge], lasting: id, from: 'identity-agent', to: 'cis', name: 'cis.pin' });
}

async function answerPin({ cis, session }: SessionCall) {
  const { pinAt } = (await cis.sessions.find(session.id)) ?? session;
  return json(200, { pinTime: isoTime(pinAt) } satisfies PinAnswer);
}

const answerEnd = ({ cis, session }: LiveCall) =>
  new StreamAnswer(
    200,
    { 'content-type': 'application/json', 'cache-control': 'no-store' },
    async function* ended(gone) {
      const endCause = await cis.watch.wait(session.id, endWait * 1_000, gone);
      yield JSON.stringify({ endCause } satisfies SessionEnd);
    },
  );

const readCause = ({ request }: SessionCall): SignOutRequest =>
  request.body === '' ? { cause: 'signedOut' } : readBody(request, signOutShape);

/** Also succeeds for an ended session: the agent may have missed the response. */
async function endSession({ cis, session, cause }: ProvenCall & { cause: AgentEndCause }) {
  await cis.endings.end(session.id, cause);
  return noContent();
}

type Start = Call<SessionDependencies> & { id: string };

const heartbeat = steps<Start>('cis.heartbeat')
  .step(findSession)
  .step(checkSessionProof)
  .step(requireLive)
  .step(answerHeartbeat);
const role = steps<Start>('cis.role')
  .step(findSession)
  .step(checkSessionProof)
  .step(requireLive)
  .step(readRole)
  .step(checkRole)
  .step(chooseRole);
const pin = steps<Start>('cis.pin')
  .step(findSession)
  .step(checkSessionProof)
  .step(requireLive)
  .step(readPin)
  .step(spendChallenge)
  .step(examineCard)
  .step(requireSamePerson)
  .step(storePin)
  .step(answerPin);
const end = steps<Start>('cis.end')
  .step(findSession)
  .step(checkSessionProof)
  .step(requireLive)
  .step(answerEnd);
const signOut = steps<Start>('cis.sign-out')
  .step(findSession)
  .step(checkSessionProof)
  .step(readCause)
  .step(endSession);

export function sessionCallRoutes(cis: SessionDependencies): Route[] {
  const choice = handler<SessionDependencies, { id: string }>(role, cis);
  return [
    ...route('/sessions/:id', { DELETE: handler(signOut, cis) }),
    ...route('/sessions/:id/heartbeat', { POST: handler(heartbeat, cis) }),
    ...route('/sessions/:id/end', {
      GET: { ...handler<SessionDependencies, { id: string }>(end, cis), waits: true },
    }),
    ...route('/sessions/:id/role', { PUT: choice, POST: choice }),
    ...route('/sessions/:id/pin', { POST: handler(pin, cis) }),
  ];
}
