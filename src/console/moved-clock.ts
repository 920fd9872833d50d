import { reasonOf } from '@alongside/kernel/errors';
import { type ClockMoved, paths } from '../cis/protocol.ts';
import { clockOffsetSetting } from '../storage/settings.ts';
import type { ConsoleContext } from './dependencies.ts';

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
