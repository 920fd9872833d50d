import { signInErrors } from '../../sign-in/errors.ts';

interface Waiter {
  enter(): void;
  refuse(error: unknown): void;
}

/**
 * Lets a few through at once and makes others wait. Whoever comes from another place takes turns with them, each place in its
 * own order, and when too many wait, the place with the most loses its last: a flood from one place keeps only that place out.
 */
export class Gate {
  readonly #most: number;
  readonly #longest: number;
  #inside = 0;
  #waiting = 0;
  /** Those who wait, by the place that they come from; the first place is the next. */
  readonly #places = new Map<string, Waiter[]>();

  /** @param most at once, and the `longest` queue. */
  constructor(most: number, longest: number) {
    this.#most = most;
    this.#longest = longest;
  }

  /** Does it when it is its turn. Throws `busy` when too many wait. */
  async through<T>(act: () => Promise<T>, place = ''): Promise<T> {
    if (this.#inside >= this.#most) await this.#wait(place);
    else this.#inside += 1;
    try {
      return await act();
    } finally {
      // Whoever waits takes this place.
      const next = this.#next();
      if (next) next.enter();
      else this.#inside -= 1;
    }
  }

  #wait(place: string): Promise<void> {
    const own = this.#places.get(place) ?? [];
    if (this.#waiting >= this.#longest) this.#makeRoom(own.length);
    this.#waiting += 1;
    this.#places.set(place, own);
    return new Promise<void>((enter, refuse) => own.push({ enter, refuse }));
  }

  /** Throws unless another place has more who wait than this one would have. */
  #makeRoom(own: number): void {
    const busy = signInErrors.busy('too many passwords wait to be checked');
    const [longest] = [...this.#places.values()].sort((one, other) => other.length - one.length);
    if (!longest || longest.length <= own + 1) throw busy;
    longest.pop()?.refuse(busy);
    this.#waiting -= 1;
  }

  #next(): Waiter | undefined {
    for (const [place, queue] of this.#places) {
      const waiter = queue.shift();
      this.#places.delete(place);
      if (queue.length > 0) this.#places.set(place, queue);
      if (!waiter) continue;
      this.#waiting -= 1;
      return waiter;
    }
    return undefined;
  }
}
