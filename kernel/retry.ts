/** Returns the waits between this number of attempts: doubling from `first` up to `most`. */
export const doublingWaits = (first: number, most: number, attempts: number): number[] =>
  Array.from({ length: attempts - 1 }, (_, n) => Math.min(first * 2 ** n, most));

/**
 * Returns whether a time has passed. A time further ahead than the longest wait was set before the clock was set back, so it
 * counts as passed.
 */
export const isDue = (time: number, now: number, maxWait: number): boolean =>
  time <= now || time > now + maxWait;
