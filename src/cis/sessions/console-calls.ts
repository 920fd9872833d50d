import { json, noContent } from '@alongside/kernel/answer';
import { isoTime } from '@alongside/kernel/clock';
import type { Route } from '@alongside/kernel/http';
import { route } from '@alongside/kernel/route';
import { type Passed, steps } from '@alongside/kernel/steps';
import { z } from 'zod';
import { admit, type Call, handler, type ServiceSecrets } from '../endpoint.ts';
import { errors } from '../errors.ts';
import type { ClockMoved, DeskSession, DeskSessionsAnswer } from '../protocol.ts';
import { readBody } from '../shapes.ts';
import type { Agents } from './agents.ts';
import type { Endings } from './endings.ts';
import { idleEnd, type Session } from './session.ts';
import type { Sessions } from './sessions.ts';

interface ConsoleDependencies {
  sessions: Sessions;
  endings: Endings;
  serviceSecrets: ServiceSecrets;
}

type Start = Call<ConsoleDependencies>;

const most = 200;

const shown = (session: Session): DeskSession => ({
  id: session.id,
  uid: session.uid,
  agentId: session.agentId,
  cardSerial: session.cardSerial,
  generation: session.generation,
  mode: session.mode,
  roleId: session.roleId,
  createdAt: isoTime(session.createdAt),
  pinTime: isoTime(session.pinAt),
  heardAt: isoTime(session.heartbeatAt),
  idleEndsAt: isoTime(idleEnd(session)),
  endsAt: isoTime(session.endsAt),
});

async function answerSessions({ request, cis }: Start & Passed<'caller'>) {
  const uid = new URLSearchParams(request.query).get('uid') ?? undefined;
  const live = await cis.sessions.live(most, uid);
  return json(200, { sessions: live.map(shown) } satisfies DeskSessionsAnswer);
}

async function endSession({ cis, id }: Start & Passed<'caller'> & { id: string }) {
  const session = await cis.endings.read(id);
  if (!session || session.endedAt !== null)
    throw errors.sessionUnknown(`no live session is ${id.slice(0, 100)}`);
  await cis.endings.end(id, 'administrator');
  return noContent();
}

async function endSessionsOf({ cis, uid }: Start & Passed<'caller'> & { uid: string }) {
  const ended = await cis.sessions.endAllOf(uid, 'administrator');
  await cis.endings.announce(ended);
  return json(200, { ended: ended.length });
}

const list = steps<Start>('cis.list-sessions').step(admit('console')).step(answerSessions);
const end = steps<Start & { id: string }>('cis.end-session').step(admit('console')).step(endSession);
const endAll = steps<Start & { uid: string }>('cis.end-sessions-of-person')
  .step(admit('console'))
  .step(endSessionsOf);

/** The sessions at workstations, for the console. */
export const consoleSessionRoutes = (cis: ConsoleDependencies): Route[] => [
  ...route('/console/sessions', { GET: handler(list, cis) }),
  ...route('/console/sessions/:id', { DELETE: handler(end, cis) }),
  ...route('/console/people/:uid/sessions', { DELETE: handler(endAll, cis) }),
];

interface ClockDependencies {
  sessions: Sessions;
  agents: Agents;
  serviceSecrets: ServiceSecrets;
  /** Runs all regular work. */
  sweep(): Promise<void>;
}

type ClockCall = Call<ClockDependencies>;

/** A hundred years in seconds. */
const furthest = 3_155_760_000;
const shape = z.strictObject({
  bySeconds: z.number('must be a number').min(-furthest, 'is too far back').max(furthest, 'is too far ahead'),
});

const readMove = ({ request }: ClockCall): { move: ClockMoved } => ({ move: readBody(request, shape) });

/** Moves the times of the last reports, because agents keep reporting while a developer moves the clock. */
async function moveReports({
  cis: { sessions, agents, sweep },
  move,
}: ClockCall & Passed<'caller'> & { move: ClockMoved }) {
  const by = Math.round(move.bySeconds * 1_000);
  await Promise.all([sessions.clockMoved(by), agents.clockMoved(by)]);
  await sweep();
  return noContent();
}

const clockMoved = steps<ClockCall>('cis.clock-moved')
  .step(admit('console'))
  .step(readMove)
  .step(moveReports);

/** `POST /clock-moved`. */
export const clockMovedRoutes = (cis: ClockDependencies): Route[] =>
  route('/clock-moved', { POST: handler(clockMoved, cis) });
