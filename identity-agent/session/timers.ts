/** Times of the session modes in seconds. No public source has the original values, so these are settings. */
export interface Timers {
  /** Mobility: an older PIN locks the session until it is entered again. */
  pinAgainAfter: number;
  /** A locked session ends after this time. CIS ends a session after 600 s without a heartbeat, so more has no effect. */
  lockedFor: number;
}

export const defaultTimers: Timers = { pinAgainAfter: 3_600, lockedFor: 600 };

/** Allowed range of each timer. */
export const timerLimits = {
  pinAgainAfter: { least: 60, most: 36_000 },
  lockedFor: { least: 30, most: 600 },
} as const satisfies Record<keyof Timers, { least: number; most: number }>;
