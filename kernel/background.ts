import { reasonOf } from './errors.ts';
import type { Log } from './log.ts';

/** How long whoever stops waits for what was begun, in milliseconds. */
const patience = 5_000;

/** Work that no request waits for: begun here, so that nothing that it throws is lost and whoever stops waits for its end. */
export class Background {
  readonly #running = new Set<Promise<void>>();

  /**
   * Begins it. The promise is for who wants to wait all the same; it never rejects.
   * @param failed what the log says when it threw
   */
  run(log: Log, failed: string, work: () => Promise<unknown>): Promise<void> {
    const attempt = async () => {
      try {
        await work();
      } catch (error) {
        log.error({ reason: reasonOf(error) }, failed);
      }
    };
    const running = attempt().finally(() => this.#running.delete(running));
    this.#running.add(running);
    return running;
  }

  /** Resolves once nothing is running that was begun here, or after so many milliseconds; how many are left. */
  async settled(milliseconds = patience): Promise<number> {
    let late = false;
    let timer: NodeJS.Timeout | undefined;
    const over = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        late = true;
        resolve();
      }, milliseconds);
    });
    // What is running may begin more.
    while (this.#running.size > 0 && !late) await Promise.race([Promise.all(this.#running), over]);
    clearTimeout(timer);
    return this.#running.size;
  }
}
