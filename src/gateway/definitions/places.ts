/** The reason why a call got no place. */
export class NoPlace extends Error {
  override name = 'NoPlace';
}

interface PlaceLimits {
  /** Calls at the same time. */
  places: number;
  /** Calls that may wait for a place. */
  queue: number;
  /** Milliseconds that a call may wait. */
  queueTimeout: number;
}

/**
 * The places of calls that run at the same time, which others wait for in the order of their arrival. The connections of Node.js also
 * have a queue, but a call cannot leave it before its turn.
 */
export class Places {
  readonly #limits: PlaceLimits;
  readonly #waiting = new Set<() => void>();
  #taken = 0;

  constructor(limits: PlaceLimits) {
    this.#limits = limits;
  }

  /** Whether no call has a place or waits for one. */
  get isEmpty(): boolean {
    return this.#taken === 0 && this.#waiting.size === 0;
  }

  /**
   * Takes a place. Returns the function that gives it back, once.
   * @param gone ends the wait
   * @throws NoPlace if too many calls wait, or if this one waited too long
   */
  async take(gone?: AbortSignal): Promise<() => void> {
    if (this.#taken < this.#limits.places) this.#taken += 1;
    else await this.#wait(gone);
    let isLeft = false;
    return () => {
      if (isLeft) return;
      isLeft = true;
      this.#leave();
    };
  }

  /** The next call gets the place at once, so that one that arrives meanwhile cannot overtake it. */
  #leave(): void {
    const [next] = this.#waiting;
    if (next) next();
    else this.#taken -= 1;
  }

  #wait(gone: AbortSignal | undefined): Promise<void> {
    const { places, queue, queueTimeout } = this.#limits;
    if (this.#waiting.size >= queue) throw new NoPlace(`${places + this.#waiting.size} calls are open`);
    return new Promise((resolve, reject) => {
      const stop = () => {
        clearTimeout(timer);
        gone?.removeEventListener('abort', leave);
        this.#waiting.delete(go);
      };
      const go = () => {
        stop();
        resolve();
      };
      const fail = (reason: string) => {
        stop();
        reject(new NoPlace(reason));
      };
      const leave = () => fail('the client has gone');
      const timer = setTimeout(() => fail(`no free connection within ${queueTimeout} ms`), queueTimeout);
      gone?.addEventListener('abort', leave, { once: true });
      this.#waiting.add(go);
      if (gone?.aborted) leave();
    });
  }
}
