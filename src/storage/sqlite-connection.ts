import * as sqlite from 'node:sqlite';
import { tableOf } from './seldom-rows.ts';

type Handle = InstanceType<typeof sqlite.DatabaseSync>;
type Prepared = ReturnType<Handle['prepare']>;

/** A statement that is ready to run, whether it has rows to give, and which table it writes. */
export interface Known {
  readonly prepared: Prepared;
  readonly givesRows: boolean;
  readonly writes: string | undefined;
}

/** How long to wait for another process's lock, in milliseconds: where nothing else goes on meanwhile, and where others wait as well. */
export const patience = 5_000;
const blocking = 2;
/** Statements that are kept ready. Texts vary with how many values a list has. */
const mostKnown = 1_000;

/** Whether another connection was in the way: a lock, a log that is being recovered, a snapshot that was overtaken. */
export const busy = (error: unknown): boolean =>
  // SQLITE_BUSY in the lowest byte, its kind above.
  ((error as { errcode?: number } | null)?.errcode ?? 0) % 256 === 5;

// Node is renaming DatabaseSync to Database.
const Connect = ((sqlite as { Database?: typeof sqlite.DatabaseSync }).Database ??
  sqlite.DatabaseSync) as typeof sqlite.DatabaseSync;

function open(file: string): Handle {
  // Another process that opens or closes the file at this moment may keep it to itself.
  const handle = new Connect(file, { timeout: patience });
  try {
    // NORMAL keeps the file whole by itself; that a commit is durable is the log's matter.
    handle.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;');
    // Pages that are written often go to the file less often: 16 MB of them may wait in the log.
    handle.exec(`PRAGMA wal_autocheckpoint = 4000; PRAGMA busy_timeout = ${blocking};`);
    return handle;
  } catch (error) {
    handle.close();
    throw error;
  }
}

/** One connection to a SQLite file, its statements, and a way out of every transaction. */
export class SqliteConnection {
  readonly #file: string;
  #handle: Handle;
  /** How many connections there were before this one. */
  #generation = 0;
  readonly #known = new Map<string, Known>();

  /** @param file path of a file that exists, or `:memory:` */
  constructor(file: string) {
    this.#file = file;
    this.#handle = open(file);
  }

  get inTransaction(): boolean {
    return this.#handle.isTransaction;
  }

  prepare(text: string): Known {
    const found = this.#known.get(text);
    if (found) return found;
    const prepared = this.#handle.prepare(text);
    const known = { prepared, givesRows: prepared.columns().length > 0, writes: tableOf(text) };
    if (this.#known.size >= mostKnown) this.#known.clear();
    this.#known.set(text, known);
    return known;
  }

  /** Runs a statement that begins or ends something. */
  control(text: string): void {
    this.prepare(text).prepared.run();
  }

  /** Changes with every commit of another connection. */
  dataVersion(): string {
    const { data_version: version } = this.prepare('PRAGMA data_version').prepared.get() as {
      data_version: number;
    };
    return `${this.#generation}.${version}`;
  }

  /** Undoes the open transaction, if there is one. Where SQLite cannot, a new connection takes this one's place. Never throws. */
  rollback(): void {
    if (!this.inTransaction) return;
    try {
      this.#handle.exec('ROLLBACK');
    } catch {
      if (this.inTransaction) this.#replace();
    }
  }

  close(): void {
    this.#known.clear();
    this.#handle.close();
  }

  #replace(): void {
    // Memory has one connection; its next transaction tries again.
    if (this.#file === ':memory:') return;
    try {
      const next = open(this.#file);
      this.close();
      this.#handle = next;
      this.#generation += 1;
    } catch {
      // The file cannot be opened for now: the next transaction tries again.
    }
  }
}
