/** Milliseconds until progress appears; shorter work shows nothing. */
const quick = 800;

/** Milliseconds between two lines in a log, and between two updates of the line on a terminal. */
const pauses = { log: 5_000, terminal: 100 } as const;

export interface ProgressOutput {
  write(text: string): unknown;
  /** Whether a line can be written over. */
  readonly terminal: boolean;
  readonly width: number;
}

/**
 * Shows the activity of long work: on a terminal one line that changes, in a log a line from time to time. Without an output it
 * shows nothing.
 */
export class Progress {
  readonly #output: ProgressOutput | undefined;
  readonly #now: () => number;
  readonly #started: number;
  #last = Number.NEGATIVE_INFINITY;
  #shown = false;

  constructor(output?: ProgressOutput, now: () => number = () => performance.now()) {
    this.#output = output;
    this.#now = now;
    this.#started = now();
  }

  /** Reports an activity, and how much of it is done. */
  step(activity: string, done?: number, total?: number): void {
    const now = this.#now();
    const pause = this.#output?.terminal ? pauses.terminal : pauses.log;
    if (!this.#output || now - this.#started < quick || now - this.#last < pause) return;
    this.#last = now;
    this.#show(`${activity}${part(done, total)}, ${Math.round((now - this.#started) / 1_000)} s`);
  }

  /** Reports an activity until it ends. */
  async during<T>(activity: string, work: Promise<T>): Promise<T> {
    const timer = setInterval(() => this.step(activity), pauses.terminal);
    try {
      return await work;
    } finally {
      clearInterval(timer);
    }
  }

  /** Removes the line from the terminal. Other output follows. */
  clear(): void {
    if (this.#shown) this.#output?.write('\r\u001b[K');
    this.#shown = false;
  }

  #show(text: string): void {
    if (!this.#output?.terminal) {
      this.#output?.write(`${text}\n`);
      return;
    }
    this.#shown = true;
    this.#output.write(`\r\u001b[K${text.slice(0, this.#output.width - 1)}`);
  }
}

function part(done?: number, total?: number): string {
  if (done === undefined) return '';
  if (total === undefined || total === 0) return `: ${done}`;
  return `: ${done} of ${total} (${Math.floor((done / total) * 100)} %)`;
}
