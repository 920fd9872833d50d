/** Milliseconds between two measurements. */
const interval = 250;
/** Milliseconds of delay from which the loop counts as late. */
const limit = 1_000;

/** Measures how late the event loop runs what is due. */
export class EventLoopWatch {
  readonly #now: () => number;
  #due: number;
  /** Of the last two measurements, the newest first. */
  #delays: [number, number] = [0, 0];
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
    this.#delays = [now - this.#due, this.#delays[0]];
    this.#due = now + interval;
  }

  /** Whether two measurements in a row were over a second late: one alone may be a pause of the machine. */
  isLate(): boolean {
    return Math.min(...this.#delays) > limit;
  }
}
