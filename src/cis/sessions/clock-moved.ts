import { noContent } from '@alongside/kernel/answer';
import type { Route } from '@alongside/kernel/http';
import { route } from '@alongside/kernel/route';
import { type Passed, steps } from '@alongside/kernel/steps';
import { z } from 'zod';
import { admit, type Call, handler, type ServiceSecrets } from '../endpoint.ts';
import { readBody } from '../json-body.ts';
import type { ClockMoved } from '../protocol.ts';
import type { Agents } from './agents.ts';
import type { Sessions } from './sessions.ts';

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

const list = steps<ClockCall>('cis.clock-moved').step(admit('console')).step(readMove).step(moveReports);

/** `POST /clock-moved`. */
export const clockMovedRoutes = (cis: ClockDependencies): Route[] =>
  route('/clock-moved', { POST: handler(list, cis) });
