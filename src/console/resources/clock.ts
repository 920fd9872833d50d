import { json } from '@alongside/kernel/answer';
import type { AdjustableClock } from '@alongside/kernel/clock';
import { reasonOf } from '@alongside/kernel/errors';
import { z } from 'zod';
import { type ClockMoved, paths } from '../../cis/protocol.ts';
import { clockOffsetSetting } from '../../storage/settings.ts';
import { defineCall } from '../api/call.ts';
import type { ConsoleContext } from '../dependencies.ts';
import type { Resource } from './resource.ts';

type ClockContext = Pick<ConsoleContext, 'clock' | 'settings' | 'cis' | 'log'>;

/** Moves the clock of all services. Returns a warning if the sessions at workstations could not move with it. */
export async function moveClock(console: ClockContext, offset: number): Promise<string[]> {
  const { clock, settings } = console;
  const bySeconds = (offset - clock.offset) / 1000;
  if (bySeconds === 0) return [];
  // CIS moves its sessions before the clock moves, so that they do not look expired in between.
  const warnings = await moveSessions(console, bySeconds);
  await settings.set(clockOffsetSetting, String(offset));
  clock.setOffset(offset);
  return warnings;
}

async function moveSessions({ cis, log }: ClockContext, bySeconds: number): Promise<string[]> {
  try {
    await cis.call({ method: 'POST', path: paths.clockMoved, body: { bySeconds } satisfies ClockMoved });
    return [];
  } catch (error) {
    log.warn({ reason: reasonOf(error) }, 'CIS was not notified of the moved clock');
    return ['CIS does not respond, so sessions at workstations may expire.'];
  }
}

/** Seconds: a hundred years. */
const furthest = 3_155_760_000;

const shape = z
  .strictObject({
    advance: z
      .number('must be a number of seconds')
      .min(-furthest, 'is too far back')
      .max(furthest, 'is too far ahead')
      .optional()
      .describe('Seconds'),
    set: z.iso
      .datetime({ offset: true, error: 'must be an ISO time such as 2030-01-31T09:00:00Z' })
      .optional()
      .describe('ISO time'),
  })
  .refine(
    ({ advance, set }) => (advance === undefined) !== (set === undefined),
    'must have either "advance" or "set"',
  );

/** Returns the clock as the API shows it. */
export const clockState = (clock: AdjustableClock): { now: string; offsetSeconds: number } => ({
  now: new Date(clock.now()).toISOString(),
  offsetSeconds: clock.offset / 1000,
});

export const clockResponse = z.strictObject({ now: z.iso.datetime(), offsetSeconds: z.number() });
const movedClock = clockResponse.extend({ warnings: z.array(z.string()).optional() });

/** `/clock`: the clock that all services and the local agent share. */
export const clock: Resource = {
  only: 'development',
  calls({ audit, ...clockParts }) {
    const { clock } = clockParts;

    async function move(offset: number) {
      const detail = { offsetSeconds: offset / 1000 };
      const entry = { actor: 'developer', action: 'clock.moved', target: 'clock', detail } as const;
      const warnings = await audit.recordThen(entry, () => moveClock(clockParts, offset));
      return json(200, { ...clockState(clock), ...(warnings.length > 0 ? { warnings } : {}) });
    }

    return [
      defineCall({
        method: 'GET',
        path: '/clock',
        summary: 'Returns the clock of all services',
        answers: { 200: 'Its time, and its offset from real time in seconds' },
        response: clockResponse,
        handle: async () => json(200, clockState(clock)),
      }),
      defineCall({
        method: 'PUT',
        path: '/clock',
        summary: 'Moves the clock of all services by seconds or to a time',
        body: shape,
        answers: { 200: 'The moved clock', 400: 'Neither or both of "advance" and "set"' },
        response: movedClock,
        handle: ({ body: { advance = 0, set } }) =>
          move(
            clock.offset + (set === undefined ? Math.round(advance * 1000) : Date.parse(set) - clock.now()),
          ),
      }),
      defineCall({
        method: 'DELETE',
        path: '/clock',
        summary: 'Returns to real time',
        answers: { 200: 'The clock' },
        response: movedClock,
        handle: () => move(0),
      }),
    ];
  },
};
