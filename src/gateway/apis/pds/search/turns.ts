import { setImmediate as nextRound } from 'node:timers/promises';

/** Milliseconds for which one piece of work may hold the process. */
const longest = 4;

/**
 * Divides long work into pieces, of which the process does one in each round of its event loop, however many searches run. So no other
 * caller waits for longer than a piece.
 */
export class Turns {
  #tail: Promise<unknown> = Promise.resolve();

  /** Runs a function for each value in order, until it returns false. */
  async each<T>(values: readonly T[], work: (value: T) => boolean): Promise<void> {
    for (let at = 0; at < values.length; ) {
      const piece = (): boolean => {
        const began = performance.now();
        for (; at < values.length; at++) {
          if (!work(values[at] as T)) return false;
          if (performance.now() - began > longest) {
            at++;
            break;
          }
        }
        return true;
      };
      const turn = this.#tail.then(piece);
      // The next piece, also of another search, waits until requests that have arrived are served.
      this.#tail = turn.then(
        () => nextRound(),
        () => nextRound(),
      );
      if (!(await turn)) return;
    }
  }
}
