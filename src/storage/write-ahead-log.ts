import { closeSync, fdatasync, openSync, realpathSync } from 'node:fs';

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
