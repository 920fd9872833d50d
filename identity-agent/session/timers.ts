/** Times of the session modes, in seconds. No public source names the old product's values: these are settings. */
export interface Timers {
  /** Mobility: a PIN that is older locks the session until it is given again. */
  pinAgainAfter: number;
  /** A locked session ends after this time. CIS ends one that it has not heard of for 600 s, so more has no effect. */
  lockedFor: number;
}

export const defaultTimers: Timers = { pinAgainAfter: 3_600, lockedFor: 600 };

/** What each timer may be. */
export const timerLimits = {
  pinAgainAfter: { least: 60, most: 36_000 },
  lockedFor: { least: 30, most: 600 },
} as const satisfies Record<keyof Timers, { least: number; most: number }>;
