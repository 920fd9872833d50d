import { closeSync, fdatasync, openSync, realpathSync } from 'node:fs';
import { reasonOf } from '@alongside/kernel/errors';
import { StorageError } from './database.ts';

/** Makes committed transactions durable. */
export interface DurableLog {
  /** Calls back with an error or when everything committed before the call is on the disk. */
  sync(done: (error: Error | null) => void): void;
  close(): void;
}

/** Syncs SQLite's write-ahead log of a database file in a thread of the pool, without blocking the event loop. */
export class WriteAheadLog implements DurableLog {
  readonly #path: string;
  #descriptor: number | undefined;

  /** @param database path of an existing file */
  constructor(database: string) {
    // SQLite creates it next to the target of a symbolic link.
    this.#path = `${realpathSync(database)}-wal`;
  }

  sync(done: (error: Error | null) => void): void {
    // It exists from the first commit, and stays the same file while a connection is open.
    this.#descriptor ??= openSync(this.#path, 'r+');
    fdatasync(this.#descriptor, done);
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}

/** Milliseconds after which commits are synced even if nothing waits for them. */
const soon = 50;

/**
 * Syncs commits to the disk: one fsync for all that wait, and another for those committed during it. After a failed fsync the
 * state of the disk is unknown, so all later waits fail too.
 */
export class Durability {
  readonly #log: DurableLog;
  readonly #commit: () => void;
  /** Whether something was committed since the last fsync began, and whether a response may depend on it. */
  #committed = false;
  #owed = false;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #later: NodeJS.Timeout | undefined;
  #failure: StorageError | undefined;

  /** @param commit commits what waits: before an fsync begins, which then covers it too, and after one ended */
  constructor(log: DurableLog, commit: () => void = () => undefined) {
    this.#log = log;
    this.#commit = commit;
  }

  /** Settles when the running fsync ends, after which `commit` is called; undefined if none runs. */
  get running(): Promise<void> | undefined {
    return this.#running;
  }

  /** Why no more writes are allowed. */
  get failure(): StorageError | undefined {
    return this.#failure;
  }

  /** Whether a commit waits for an fsync that is yet to begin, and a response for that. */
  get isOwed(): boolean {
    return this.#owed;
  }

  /** Registers a commit. No response waits for a lazy one, but it is synced soon. */
  owe({ lazy = false } = {}): void {
    this.#committed = true;
    if (!lazy) this.#owed = true;
    this.#later ??= setTimeout(() => {
      this.#later = undefined;
      this.#everything().catch(() => undefined);
    }, soon).unref();
  }

  /** Resolves when all registered commits so far are on the disk; undefined if they are already. @throws StorageError */
  settled(): Promise<void> | undefined {
    if (this.#failure) return Promise.reject(this.#failure);
    if (!this.#owed) return this.#running;
    this.#next ??= this.#afterRunning();
    return this.#next;
  }

  async close(): Promise<void> {
    clearTimeout(this.#later);
    await this.#everything().catch(() => undefined);
    clearTimeout(this.#later);
    this.#log.close();
  }

  async #everything(): Promise<void> {
    this.#owed ||= this.#committed;
    await this.settled();
  }

  async #afterRunning(): Promise<void> {
    await this.#running;
    // All that wait in this turn of the event loop share the fsync.
    await new Promise((resolve) => setImmediate(resolve));
    this.#next = undefined;
    this.#running = this.#sync();
    return this.#running;
  }

  async #sync(): Promise<void> {
    this.#commit();
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
      this.#commit();
    }
  }
}
