import { json } from '@alongside/kernel/answer';
import type { AdjustableClock } from '@alongside/kernel/clock';
import type { Log } from '@alongside/kernel/log';
import { z } from 'zod';
import type { AuditLog } from '../../storage/audit.ts';
import type { Settings } from '../../storage/settings.ts';
import { type ApiCall, defineCall } from '../api/call.ts';
import type { CisDirectory } from '../cis-directory.ts';
import { moveClock } from '../moved-clock.ts';
import { clockState } from './state.ts';

interface Parts {
  clock: AdjustableClock;
  settings: Settings;
  cis: CisDirectory;
  audit: AuditLog;
  log: Log;
}

/** A hundred years either way. */
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
      .describe('A moment'),
  })
  .refine(
    ({ advance, set }) => (advance === undefined) !== (set === undefined),
    'must have either "advance" or "set"',
  );

/** `GET`, `PUT` and `DELETE /clock`: one clock for all services and the local agent. */
export function clockCalls(parts: Parts): ApiCall[] {
  const { clock, audit } = parts;

  async function move(offset: number) {
    const detail = { offsetSeconds: offset / 1000 };
    const entry = { actor: 'developer', action: 'clock.moved', target: 'clock', detail } as const;
    const warnings = await audit.recordThen(entry, () => moveClock(parts, offset));
    return json(200, { ...clockState(clock), ...(warnings.length > 0 ? { warnings } : {}) });
  }

  return [
    defineCall({
      method: 'GET',
      path: '/clock',
      summary: 'The clock of all services',
      answers: { 200: 'Its time and the seconds that it is ahead' },
      handle: async () => json(200, clockState(clock)),
    }),
    defineCall({
      method: 'PUT',
      path: '/clock',
      summary: 'Moves the clock of all services by so many seconds, or to a moment',
      body: shape,
      answers: { 200: 'The clock after the move', 400: 'Neither or both of "advance" and "set"' },
      handle: ({ body: { advance = 0, set } }) =>
        move(
          set === undefined
            ? clock.offset + Math.round(advance * 1000)
            : clock.offset + Date.parse(set) - clock.now(),
        ),
    }),
    defineCall({
      method: 'DELETE',
      path: '/clock',
      summary: 'Returns to real time',
      answers: { 200: 'The clock after the move' },
      handle: () => move(0),
    }),
  ];
}
