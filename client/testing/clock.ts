import type { Clock } from '../clock.ts';
import { systemClock } from '../clock.ts';

/** A clock that a test moves: the machine's time when it was made, plus what it was advanced by. */
export interface TestClock extends Clock {
  advance(seconds: number): void;
}

/** Begins at the machine's time, so that it agrees with servers that have their own. */
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
