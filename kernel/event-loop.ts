/** Milliseconds between two measurements. */
const interval = 250;
/** Milliseconds of delay from which the loop counts as late. */
const limit = 1_000;

/** Measures how late the event loop runs what is due. */
export class EventLoopWatch {
  readonly #now: () => number;
  #due: number;
  #delay = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param now milliseconds on a clock that never goes back */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#due = now() + interval;
  }

  start(): void {
    this.#due = this.#now() + interval;
    this.#timer = setInterval(() => this.measure(), interval).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Takes one measurement, which is due each quarter of a second. */
  measure(): void {
    const now = this.#now();
    this.#delay = now - this.#due;
    this.#due = now + interval;
  }

  /** Whether the last measurement was over a second late, or the next one is. */
  isLate(): boolean {
    return Math.max(this.#delay, this.#now() - this.#due) > limit;
  }
}
