/** Milliseconds to wait after the first of the expected callers. */
const atMost = 1;

/**
 * Waits for a number of callers. It ends when all have arrived, or after a millisecond as soon as none arrives in a turn of the
 * event loop. A busy process therefore waits longer: its next callers have sent their requests already.
 */
export class Gathering {
  readonly done: Promise<void>;
  #missing: number;
  #end: () => void = () => undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @param whenDone runs before `done` resolves */
  constructor(missing: number, whenDone: () => void) {
    this.#missing = missing;
    this.done = new Promise((resolve) => {
      this.#end = () => {
        this.#end = () => undefined;
        clearTimeout(this.#timer);
        whenDone();
        resolve();
      };
    });
  }

  /** Whether someone waits for it. */
  get hasBegun(): boolean {
    return this.#timer !== undefined;
  }

  begin(): void {
    this.#timer ??= setTimeout(() => this.#endUnlessMoreArrive(), atMost);
  }

  /** Counts a caller. */
  add(): void {
    this.#missing -= 1;
    if (this.#missing === 0) this.#end();
    else this.begin();
  }

  #endUnlessMoreArrive(): void {
    const before = this.#missing;
    setImmediate(() => {
      if (this.#missing === before) this.#end();
      else this.#endUnlessMoreArrive();
    });
  }
}
