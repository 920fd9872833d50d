import { reasonOf } from '@alongside/kernel/errors';
import { StorageError } from './database.ts';
import type { DurableLog } from './write-ahead-log.ts';

/** What nobody waits for is on the disk after so many milliseconds all the same. */
const soon = 50;

/**
 * Brings commits to the disk: one fsync for all who wait for it, and one more for those who committed while it ran. After one that
 * failed nobody knows what is on the disk, so every later wait fails as well.
 */
export class Durability {
  readonly #log: DurableLog;
  /** Something was committed since the last fsync began, and whether an answer may tell of it. */
  #committed = false;
  #owed = false;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #later: NodeJS.Timeout | undefined;
  #failure: StorageError | undefined;

  constructor(log: DurableLog) {
    this.#log = log;
  }

  /** Why nothing may be written any more. */
  get failure(): StorageError | undefined {
    return this.#failure;
  }

  /** Something was committed. No answer waits for what is lazy, yet it is on the disk soon. */
  owe({ lazy = false } = {}): void {
    this.#committed = true;
    if (!lazy) this.#owed = true;
    this.#later ??= setTimeout(() => {
      this.#later = undefined;
      this.#everything().catch(() => undefined);
    }, soon).unref();
  }

  /** Resolves once all that was committed so far, and is owed, is on the disk. @throws StorageError */
  settled(): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure);
    if (!this.#owed) return this.#running ?? Promise.resolve();
    this.#next ??= this.#afterRunning();
    return this.#next;
  }

  async close(): Promise<void> {
    clearTimeout(this.#later);
    await this.#everything().catch(() => undefined);
    clearTimeout(this.#later);
    this.#log.close();
  }

  #everything(): Promise<void> {
    this.#owed ||= this.#committed;
    return this.settled();
  }

  async #afterRunning(): Promise<void> {
    await this.#running;
    // Whoever comes to wait in this turn of the event loop is served by the same fsync.
    await new Promise((resolve) => setImmediate(resolve));
    this.#next = undefined;
    this.#running = this.#sync();
    return this.#running;
  }

  async #sync(): Promise<void> {
    this.#committed = false;
    this.#owed = false;
    clearTimeout(this.#later);
    this.#later = undefined;
    try {
      await new Promise<void>((resolve, reject) =>
        this.#log.sync((error) => (error ? reject(error) : resolve())),
      );
    } catch (error) {
      this.#failure = new StorageError(`Writing failed: ${reasonOf(error)}.`, { cause: error });
      throw this.#failure;
    } finally {
      this.#running = undefined;
    }
  }
}
