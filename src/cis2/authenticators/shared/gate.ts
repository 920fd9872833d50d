import { signInErrors } from '../../sign-in/errors.ts';

interface Waiter {
  enter(): void;
  refuse(error: unknown): void;
}

/**
 * Limits concurrent work and queues the rest. Places take turns, and each place is a queue. When the queues are full, the
 * longest one loses its last entry, so a flood from one place delays only that place.
 */
export class Gate {
  readonly #most: number;
  readonly #longest: number;
  #inside = 0;
  #waiting = 0;
  /** The queues by place, in the order of their turns. */
  readonly #places = new Map<string, Waiter[]>();

  /**
   * @param most concurrent calls.
   * @param longest waiting calls of all places.
   */
  constructor(most: number, longest: number) {
    this.#most = most;
    this.#longest = longest;
  }

  /** Calls `act` in turn. Throws `busy` when too many calls wait. */
  async through<T>(act: () => Promise<T>, place = ''): Promise<T> {
    if (this.#inside >= this.#most) await this.#wait(place);
    else this.#inside += 1;
    try {
      return await act();
    } finally {
      // The next call takes over this slot.
      const next = this.#next();
      if (next) next.enter();
      else this.#inside -= 1;
    }
  }

  #wait(place: string): Promise<void> {
    const queue = this.#places.get(place) ?? [];
    if (this.#waiting >= this.#longest) this.#makeRoom(queue.length);
    this.#waiting += 1;
    this.#places.set(place, queue);
    return new Promise<void>((enter, refuse) => queue.push({ enter, refuse }));
  }

  /** Throws unless the queue of another place would be longer than this one. */
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
