import type { Clock } from '../clock.ts';
import { systemClock } from '../clock.ts';

/** A test clock: the machine's time at its creation plus the advanced time. */
export interface TestClock extends Clock {
  advance(seconds: number): void;
}

/** Starts at the machine's time, to agree with servers that use it. */
export function testClock(): TestClock {
  const start = systemClock.now();
  let offset = 0;
  return {
    now: () => start + offset,
    advance: (seconds) => {
      offset += seconds * 1000;
    },
  };
}
