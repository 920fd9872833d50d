import { json } from '@alongside/kernel/answer';
import type { AdjustableClock } from '@alongside/kernel/clock';
import { Refusal, reasonOf } from '@alongside/kernel/errors';
import { z } from 'zod';
import { type ClockMoved, paths } from '../../../cis/protocol.ts';
import { clockSettings } from '../../../storage/settings.ts';
import type { ConsoleContext } from '../../model/dependencies.ts';
import { defineCall, type Resource } from '../api/call.ts';
import { clockEffects, ofEachKind } from '../clock-effects.ts';

type ClockContext = Pick<ConsoleContext, 'clock' | 'database' | 'settings' | 'cis' | 'agent' | 'log'>;

/** A part of the installation that has another time. */
export interface LaggingPart {
  part: string;
  reason: string;
}

/** The time that the clock shall have; `real` is that of the machine's clock at the same moment. */
interface ClockMove {
  now: number;
  real: number;
  time: number;
  isFrozen: boolean;
}

/** Sets the clock of all services. Returns the parts that did not follow. */
async function setClock(
  console: ClockContext,
  { now, real, time, isFrozen }: ClockMove,
): Promise<LaggingPart[]> {
  const { clock, database, settings } = console;
  const bySeconds = (time - now) / 1000;
  // CIS moves its sessions before the clock moves, so that they do not look expired in between.
  const lagging = bySeconds === 0 ? [] : await moveSessions(console, bySeconds);
  await database.batch([
    settings.setStatement(clockSettings.offset, String(time - real)),
    settings.setStatement(clockSettings.frozenAt, isFrozen ? String(time) : ''),
  ]);
  if (isFrozen) clock.freeze(time);
  else clock.setOffset(time - real);
  return [...lagging, ...(await laggingAgent(console))];
}

/** Returns to real time. Returns the parts that did not follow. */
export async function resetClock(console: ClockContext): Promise<LaggingPart[]> {
  const { clock } = console;
  if (clock.offset === 0 && !clock.isFrozen) return [];
  const { now, real } = clock.reading();
  return setClock(console, { now, real, time: real, isFrozen: false });
}

async function moveSessions({ cis, log }: ClockContext, bySeconds: number): Promise<LaggingPart[]> {
  try {
    await cis.call({ method: 'POST', path: paths.clockMoved, body: { bySeconds } satisfies ClockMoved });
    return [];
  } catch (error) {
    log.warn({ reason: reasonOf(error) }, 'CIS was not notified of the moved clock');
    return [
      {
        part: 'Sessions at workstations',
        reason: 'CIS does not respond, so sessions at workstations may expire.',
      },
    ];
  }
}

/** Milliseconds that the time of the agent may differ: the duration of the call, and the machine's own clock. */
const agentTolerance = 5_000;

/** Compares the time of the agent, which may be another process. */
export async function laggingAgent({
  agent,
  clock,
}: Pick<ClockContext, 'agent' | 'clock'>): Promise<LaggingPart[]> {
  try {
    const { now } = await agent.configuration();
    if (Math.abs(Date.parse(now) - clock.now()) <= agentTolerance) return [];
    return [
      {
        part: 'Identity Agent',
        reason: `Its clock shows ${now}. It is another process, which keeps real time; use the agent of alongside up.`,
      },
    ];
  } catch (error) {
    // Without an agent, none can lag.
    if (error instanceof Refusal) return [];
    throw error;
  }
}

/** Seconds: a hundred years. */
const furthest = 3_155_760_000;

const seconds = z
  .number('must be a number of seconds')
  .min(-furthest, 'is too far back')
  .max(furthest, 'is too far ahead');
const moment = z.iso.datetime({ offset: true, error: 'must be an ISO time such as 2030-01-31T09:00:00Z' });

const shape = z
  .strictObject({
    advance: seconds.optional().describe('Seconds'),
    set: moment.optional().describe('ISO time'),
    freeze: z
      .boolean('must be true or false')
      .optional()
      .describe('true stops the clock, false lets it run from its time'),
  })
  .refine(
    ({ advance, set }) => advance === undefined || set === undefined,
    'must not have both "advance" and "set"',
  )
  .refine(
    ({ advance, set, freeze }) => advance !== undefined || set !== undefined || freeze !== undefined,
    'must have "advance", "set" or "freeze"',
  );

const effectsQuery = z
  .strictObject({
    advance: z.coerce.number('must be a number of seconds').pipe(seconds).optional().describe('Seconds'),
    set: moment.optional().describe('ISO time'),
  })
  .refine(
    ({ advance, set }) => (advance === undefined) !== (set === undefined),
    'must have either "advance" or "set"',
  );

/** Returns the clock as the API shows it. */
export const clockState = (
  clock: AdjustableClock,
): { now: string; offsetSeconds: number; frozen: boolean } => ({
  now: new Date(clock.now()).toISOString(),
  offsetSeconds: clock.offset / 1000,
  frozen: clock.isFrozen,
});

export const clockResponse = z.strictObject({
  now: z.iso.datetime(),
  offsetSeconds: z.number(),
  frozen: z.boolean(),
});
const clockWithParts = clockResponse.extend({
  lagging: z.array(z.strictObject({ part: z.string(), reason: z.string() })),
});
const effectsResponse = z.strictObject({
  now: z.iso.datetime(),
  ends: z.strictObject(ofEachKind(z.int())),
});

const target = (
  now: number,
  { advance = 0, set }: { advance?: number | undefined; set?: string | undefined },
) => (set === undefined ? now + Math.round(advance * 1000) : Date.parse(set));

async function recordedMove(
  audit: ConsoleContext['audit'],
  change: () => Promise<LaggingPart[]>,
  offset: number,
  isFrozen: boolean,
): Promise<LaggingPart[]> {
  const detail = { offsetSeconds: offset / 1000, frozen: isFrozen };
  return audit.recordThen({ actor: 'developer', action: 'clock.moved', target: 'clock', detail }, change);
}

/** Returns to real time and records it. */
export const realTime = ({
  audit,
  ...parts
}: ClockContext & Pick<ConsoleContext, 'audit'>): Promise<LaggingPart[]> =>
  recordedMove(audit, () => resetClock(parts), 0, false);

/** `/clock`: the clock that all services and the local agent share. */
export const clock: Resource = {
  only: 'development',
  calls({ audit, ...clockParts }) {
    const { clock, database } = clockParts;

    const move = async (
      ...moved: [change: () => Promise<LaggingPart[]>, offset: number, isFrozen: boolean]
    ) => json(200, { lagging: await recordedMove(audit, ...moved), ...clockState(clock) });

    return [
      defineCall('GET', '/clock', {
        summary: 'Returns the clock of all services',
        answers: { 200: 'Its time, its offset from real time in seconds, and whether it stands still' },
        response: clockWithParts,
        handle: async () => json(200, { ...clockState(clock), lagging: await laggingAgent(clockParts) }),
      }),
      defineCall('GET', '/clock/effects', {
        summary: 'Counts what a move of the clock would end, without moving it',
        query: effectsQuery,
        answers: { 200: 'The time after the move, and the sessions, codes, tokens and certificates it ends' },
        response: effectsResponse,
        async handle({ query }) {
          const now = clock.now();
          const time = target(now, query);
          return json(200, {
            now: new Date(time).toISOString(),
            ends: await clockEffects(database, now, time),
          });
        },
      }),
      defineCall('PUT', '/clock', {
        summary: 'Moves the clock of all services by seconds or to a time; stops it or lets it run again',
        body: shape,
        answers: {
          200: 'The clock, and "lagging": the parts that did not follow',
          400: 'None of "advance", "set" and "freeze", or both of the first two',
        },
        response: clockWithParts,
        handle({ body: { freeze = clock.isFrozen, ...by } }) {
          const { now, real } = clock.reading();
          const time = target(now, by);
          return move(() => setClock(clockParts, { now, real, time, isFrozen: freeze }), time - real, freeze);
        },
      }),
      defineCall('DELETE', '/clock', {
        summary: 'Returns to real time',
        answers: { 200: 'The clock' },
        response: clockWithParts,
        handle: () => move(() => resetClock(clockParts), 0, false),
      }),
    ];
  },
};
