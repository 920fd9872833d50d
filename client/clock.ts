/** The library's source of time. Pass your own to test expiry. */
export interface Clock {
  /** Returns milliseconds since 1970-01-01T00:00:00Z. */
  now(): number;
}

/** The machine's clock, the default. */
export const systemClock: Clock = { now: () => Date.now() };
