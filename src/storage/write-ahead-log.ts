import { closeSync, fdatasync, openSync, realpathSync } from 'node:fs';

/** What makes committed transactions durable. */
export interface DurableLog {
  /** Calls back when all that was committed before the call is on the disk, or with what went wrong. */
  sync(done: (error: Error | null) => void): void;
  close(): void;
}

/** SQLite's write-ahead log of a database file, brought to the disk by a thread of the pool: the event loop goes on. */
export class WriteAheadLog implements DurableLog {
  readonly #path: string;
  #descriptor: number | undefined;

  /** @param database path of a file that exists */
  constructor(database: string) {
    // SQLite puts it beside the file that a symbolic link leads to.
    this.#path = `${realpathSync(database)}-wal`;
  }

  sync(done: (error: Error | null) => void): void {
    // It is there from the first commit on, and the same file for as long as a connection is open.
    this.#descriptor ??= openSync(this.#path, 'r+');
    fdatasync(this.#descriptor, done);
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}
