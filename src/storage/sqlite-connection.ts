import * as sqlite from 'node:sqlite';
import { reasonOf } from '@alongside/kernel/errors';
import { RowError, StatementError, StorageError } from './database.ts';
import { damageOf, showsDamage } from './page-check.ts';
import { onlyAdds, onlyReads, tableOf } from './seldom-rows.ts';

type Handle = InstanceType<typeof sqlite.DatabaseSync>;
type Prepared = ReturnType<Handle['prepare']>;

/** A prepared statement, whether it returns rows, whether it only reads, the table that it writes, and whether it only adds rows. */
export interface PreparedStatement {
  readonly prepared: Prepared;
  readonly givesRows: boolean;
  readonly onlyReads: boolean;
  readonly writes: string | undefined;
  readonly onlyAdds: boolean;
}

/** Milliseconds to wait for another process's lock: alone, and while others wait as well. */
export const busyTimeout = 5_000;
const blocking = 2;
/** Maximum number of prepared statements. Texts vary with the length of lists. */
const maxKnown = 1_000;

/** Returns whether another connection blocked this one: a lock, a log recovery, an outdated snapshot. */
export const busy = (error: unknown): boolean =>
  // SQLITE_BUSY in the lowest byte, its kind above.
  ((error as { errcode?: number } | null)?.errcode ?? 0) % 256 === 5;

// Node is renaming DatabaseSync to Database.
export const Connect = ((sqlite as { Database?: typeof sqlite.DatabaseSync }).Database ??
  sqlite.DatabaseSync) as typeof sqlite.DatabaseSync;

function open(file: string): Handle {
  // Another process that opens or closes the file at this moment may lock it.
  const handle = new Connect(file, { timeout: busyTimeout });
  try {
    // NORMAL keeps the file consistent; the log makes a commit durable.
    handle.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;');
    // LogCopier copies the log to the file earlier; this is for the case that it cannot.
    handle.exec(`PRAGMA wal_autocheckpoint = 32000; PRAGMA busy_timeout = ${blocking};`);
    return handle;
  } catch (error) {
    handle.close();
    throw error;
  }
}

/** The statements of every transaction. */
const fixedStatements = (handle: Handle) => ({
  begin: handle.prepare('BEGIN IMMEDIATE'),
  commit: handle.prepare('COMMIT'),
  version: handle.prepare('PRAGMA data_version'),
});

// Primary result codes of errors in the statement: ERROR, TOOBIG, CONSTRAINT, MISMATCH, MISUSE, RANGE.
const atFault = new Set([1, 18, 19, 20, 21, 25]);
/** SQLITE_FULL */
const full = 13;

/** One connection to a SQLite file with its statements, which can always leave a transaction. */
export class SqliteConnection {
  readonly #file: string;
  #handle: Handle;
  #fixed: ReturnType<typeof fixedStatements>;
  /** What is known of a damaged file. */
  damage: string | undefined;
  /** Number of earlier connections. */
  #generation = 0;
  readonly #known = new Map<string, PreparedStatement>();

  /** @param file path of an existing file, or `:memory:` */
  constructor(file: string) {
    this.#file = file;
    this.#handle = open(file);
    this.#fixed = fixedStatements(this.#handle);
  }

  get inTransaction(): boolean {
    return this.#handle.isTransaction;
  }

  prepare(text: string): PreparedStatement {
    const found = this.#known.get(text);
    if (found) return found;
    const prepared = this.#handle.prepare(text);
    const known = {
      prepared,
      givesRows: prepared.columns().length > 0,
      onlyReads: onlyReads(text),
      writes: tableOf(text),
      onlyAdds: onlyAdds(text),
    };
    if (this.#known.size >= maxKnown) this.#known.clear();
    this.#known.set(text, known);
    return known;
  }

  begin(): void {
    this.#fixed.begin.run();
  }

  commit(): void {
    this.#fixed.commit.run();
  }

  /** Changes with every commit of another connection. */
  dataVersion(): string {
    const { data_version: version } = this.#fixed.version.get() as { data_version: number };
    return `${this.#generation}.${version}`;
  }

  /** Rolls back the open transaction, if any. If SQLite cannot, a new connection replaces this one. Never throws. */
  rollback(): void {
    if (!this.inTransaction) return;
    try {
      this.#handle.exec('ROLLBACK');
    } catch {
      if (this.inTransaction) this.#replace();
    }
  }

  /** Returns the error for callers: StatementError or StorageError. */
  failureOf(what: string, error: unknown): Error {
    if (error instanceof StorageError || error instanceof RowError) return error;
    if (showsDamage(error)) {
      this.damage = damageOf(this.#file, reasonOf(error));
      return new StorageError(this.damage, { cause: error });
    }
    const { errcode } = error as { errcode?: number };
    const statement = errcode === undefined || atFault.has(errcode % 256);
    const remedy = errcode !== undefined && errcode % 256 === full ? ' Free space for the data folder.' : '';
    const message = `${what}: ${reasonOf(error)}.${remedy}`;
    return new (statement ? StatementError : StorageError)(message, { cause: error });
  }

  close(): void {
    this.#known.clear();
    this.#handle.close();
  }

  #replace(): void {
    // A database in memory has one connection; its next transaction tries again.
    if (this.#file === ':memory:') return;
    try {
      const next = open(this.#file);
      this.close();
      this.#handle = next;
      this.#fixed = fixedStatements(next);
      this.#generation += 1;
    } catch {
      // The file cannot be opened now: the next transaction tries again.
    }
  }
}
