/** Milliseconds between two measurements. */
const interval = 250;
/** Delay in milliseconds above which the loop is late. */
const limit = 1_000;

/** Measures how late the event loop runs what is due. */
export class EventLoopWatch {
  readonly #now: () => number;
  #due: number;
  /** The last two measurements, the newest first. */
  #delays: [number, number] = [0, 0];
  #timer: NodeJS.Timeout | undefined;

  /** @param now returns milliseconds of a monotonic clock */
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

  /** Takes one measurement; call it every quarter of a second. */
  measure(): void {
    const now = this.#now();
    this.#delays = [now - this.#due, this.#delays[0]];
    this.#due = now + interval;
  }

  /** Returns whether two consecutive measurements were over a second late. One alone may be a pause of the machine. */
  isLate(): boolean {
    return Math.min(...this.#delays) > limit;
  }
}
