import { noContent } from '@alongside/kernel/answer';
import type { HttpRequest, Route } from '@alongside/kernel/http';
import { steps } from '@alongside/kernel/steps';
import { z } from 'zod';
import type { Admit } from '../callers.ts';
import { readBody } from '../json-body.ts';
import type { ClockMoved } from '../protocol.ts';
import type { Agents } from './agents.ts';
import type { Sessions } from './sessions.ts';

export interface ClockMovedDeps {
  sessions: Sessions;
  agents: Agents;
  sweep(): Promise<void>;
  admit: Admit;
}

interface Start {
  request: HttpRequest;
}

/** A hundred years either way. */
const furthest = 3_155_760_000;
const shape = z.strictObject({
  bySeconds: z.number('must be a number').min(-furthest, 'is too far back').max(furthest, 'is too far ahead'),
});

/** `POST /clock-moved`: a developer moves the clock, the desks go on. */
export function clockMovedRoutes({ sessions, agents, sweep, admit }: ClockMovedDeps): Route[] {
  const readMove = ({ request }: Start): { move: ClockMoved } => ({ move: readBody(request, shape) });

  async function moveAlong({ move }: { move: ClockMoved }): Promise<void> {
    const by = Math.round(move.bySeconds * 1_000);
    await Promise.all([sessions.clockMoved(by), agents.clockMoved(by)]);
  }

  async function sweepNow() {
    await sweep();
    return noContent();
  }

  const list = steps<Start>().step(admit('console')).step(readMove).step(moveAlong).step(sweepNow);
  return [{ methods: ['POST'], path: '/clock-moved', endpoint: (request) => list.run({ request }) }];
}
