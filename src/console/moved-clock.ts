import type { AdjustableClock } from '@alongside/kernel/clock';
import { reasonOf } from '@alongside/kernel/errors';
import type { Log } from '@alongside/kernel/log';
import { type ClockMoved, paths } from '../cis/protocol.ts';
import { clockOffsetSetting, type Settings } from '../storage/settings.ts';
import type { CisDirectory } from './cis-directory.ts';

interface Parts {
  clock: AdjustableClock;
  settings: Settings;
  cis: CisDirectory;
  log: Log;
}

/** Moves the clock of all services. Answers with a warning when the sessions of the desks could not be taken along. */
export async function moveClock({ clock, settings, cis, log }: Parts, offset: number): Promise<string[]> {
  const bySeconds = (offset - clock.offset) / 1000;
  if (bySeconds === 0) return [];
  // First the desks, then the clock: in between nothing can look old.
  const warnings = await tellCis(cis, log, bySeconds);
  await settings.set(clockOffsetSetting, String(offset));
  clock.setOffset(offset);
  return warnings;
}

async function tellCis(cis: CisDirectory, log: Log, bySeconds: number): Promise<string[]> {
  try {
    await cis.call({ method: 'POST', path: paths.clockMoved, body: { bySeconds } satisfies ClockMoved });
    return [];
  } catch (error) {
    log.warn({ reason: reasonOf(error) }, 'CIS was not told of the moved clock');
    return [
      'CIS does not answer, so the sessions of the desks may end as if nobody had heard of them meanwhile.',
    ];
  }
}
