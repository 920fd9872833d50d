/** Runs tasks one after another in the order of the calls. A failed task does not affect the next. */
export class Mutex {
  #tail: Promise<unknown> = Promise.resolve();

  /** Runs `work` after all earlier tasks; settles with its result. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(work);
    this.#tail = result.catch(() => undefined);
    return result;
  }
}
