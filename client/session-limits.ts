import type { Clock } from './clock.ts';
import { systemClock } from './clock.ts';
import { ClientError } from './errors.ts';

/** When the application's session began and was last used, in milliseconds since the epoch. */
export interface SessionTimes {
  startedAt: number;
  lastUsedAt: number;
}

/** Idle limit and absolute limit of a session, in milliseconds. */
export interface SessionLimits {
  idleMs: number;
  absoluteMs: number;
}

/** The limits of technical conformance: 15 minutes without use, 12 hours at most. */
export const CARE_IDENTITY_LIMITS: SessionLimits = { idleMs: 15 * 60_000, absoluteMs: 12 * 3_600_000 };

/** Returns whether a session is still valid; sign the user out otherwise. Throws `settings_invalid` for a misplaced option. */
export function sessionState(
  times: SessionTimes,
  options: { limits?: SessionLimits; clock?: Clock } = {},
): 'live' | 'idle' | 'ended' {
  // Without types they would be ignored there, and the session never end in a test.
  const misplaced = ['clock', 'limits'].find((name) => name in times);
  if (misplaced) {
    throw new ClientError('settings_invalid', `${misplaced} is in the first argument of sessionState.`, {
      expected: `sessionState(times, { ${misplaced} })`,
    });
  }
  const limits = options.limits ?? CARE_IDENTITY_LIMITS;
  const now = (options.clock ?? systemClock).now();
  if (now - times.startedAt >= limits.absoluteMs) return 'ended';
  return now - times.lastUsedAt >= limits.idleMs ? 'idle' : 'live';
}
