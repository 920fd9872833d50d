/** Runs pieces of work one after another, in the order of the calls. A failed one does not hold up the next. */
export class Mutex {
  #tail: Promise<unknown> = Promise.resolve();

  /** Runs `work` when all earlier work has ended; settles as `work` does. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(work);
    this.#tail = result.catch(() => undefined);
    return result;
  }
}
