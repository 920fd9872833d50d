import { errors } from '../../errors.ts';

/** Lets a few through at once and makes others wait, in the order in which they came; refuses when too many wait. */
export class Gate {
  readonly #most: number;
  readonly #longest: number;
  #inside = 0;
  readonly #waiting: (() => void)[] = [];

  /** @param most at once, and the `longest` queue. */
  constructor(most: number, longest: number) {
    this.#most = most;
    this.#longest = longest;
  }

  /** Does it when it is its turn. Throws `busy` when too many wait. */
  async through<T>(act: () => Promise<T>): Promise<T> {
    if (this.#inside >= this.#most) {
      if (this.#waiting.length >= this.#longest) throw errors.busy('too many passwords wait to be checked');
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else this.#inside += 1;
    try {
      return await act();
    } finally {
      // Whoever waits takes this place.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#inside -= 1;
    }
  }
}
