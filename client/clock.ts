/** Where the library takes the time from. Pass your own to test what happens when a token runs out. */
export interface Clock {
  /** Now, in milliseconds since 1970-01-01T00:00:00Z. */
  now(): number;
}

/** The machine's clock: the default everywhere. */
export const systemClock: Clock = { now: () => Date.now() };
