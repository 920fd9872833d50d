import { reasonOf } from './errors.ts';
import type { Log } from './log.ts';

/** Milliseconds that shutdown waits for background work, and then for this work to leave the rest to the next start. */
const defaultTimeout = 5_000;
const farewell = 1_000;

/** Runs work that no request waits for. Logs its errors, and lets shutdown wait for its end. */
export class Background {
  readonly #running = new Set<Promise<void>>();
  readonly #ending = new AbortController();

  /** Aborted when shutdown waits no longer. Work then leaves the rest to the next start; what fails from then on is not logged. */
  get ending(): AbortSignal {
    return this.#ending.signal;
  }

  /**
   * Starts the work. The returned promise resolves when it ends and never rejects.
   * @param failed log message for an error
   */
  run(log: Log, failed: string, work: () => Promise<unknown>): Promise<void> {
    const attempt = async () => {
      try {
        await work();
      } catch (error) {
        if (!this.ending.aborted) log.error({ reason: reasonOf(error) }, failed);
      }
    };
    const running = attempt().finally(() => this.#running.delete(running));
    this.#running.add(running);
    return running;
  }

  /** Resolves when no work is running, or after the given milliseconds. Returns the number of unfinished tasks. */
  async settled(milliseconds = defaultTimeout): Promise<number> {
    let late = false;
    let timer: NodeJS.Timeout | undefined;
    const over = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        late = true;
        resolve();
      }, milliseconds);
    });
    // Running work may start more.
    while (this.#running.size > 0 && !late) await Promise.race([Promise.all(this.#running), over]);
    clearTimeout(timer);
    return this.#running.size;
  }

  /** Ends the work that is running. Resolves when it has left the rest to the next start, or after a second. */
  async end(): Promise<void> {
    this.#ending.abort();
    await this.settled(farewell);
  }
}
