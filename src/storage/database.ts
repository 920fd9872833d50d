import { Unavailable } from '@alongside/kernel/kernel-errors';

/** A value of a statement. Booleans are 0 and 1, times are milliseconds, structures are JSON text. */
export type Value = string | number | null;

export type Row = Record<string, Value>;

/** Converts stored rows to typed rows; `row.ts` makes them. */
export interface RowReader<R extends object> {
  /** @throws RowError */
  readonly read: (row: Row) => R;
}

/** How a condition counts its rows: those that it writes, writes and returns, or only reads. */
export type Condition = 'writes' | 'returns' | 'reads';

/** One SQL statement with `?` for each value, in the common part of both dialects. */
export interface Statement {
  readonly text: string;
  readonly values: readonly Value[];
  /** If it changes no row, the whole batch is rolled back. */
  readonly condition?: Condition | undefined;
  readonly caches?: Caches;
  /** On SQLite, the entry that it adds to a list, instead of a text. */
  readonly appends?: { readonly list: AppendedList; readonly entry: unknown };
}

/**
 * A list of which each entry depends on the one before, such as the audit log. SQLite adds the entries of all batches of a transaction
 * at its end, in order.
 */
export interface AppendedList<Entry = unknown> {
  /** Adds entries by statements of the transaction. Returns what to do once it is committed. */
  append(entries: readonly Entry[], execute: (statement: Statement) => StatementResult): () => void;
}

/**
 * Until when rows may be cached: `rows` until a table that they depend on is written, `found` until rows of these tables are changed
 * or deleted. An empty result is not cached as `found`.
 */
export type CacheKind = 'rows' | 'found';

interface Caches {
  readonly kind: CacheKind;
  /** All tables that the statement reads. */
  readonly tables: readonly string[];
}

/** Creates a statement: `sql('DELETE FROM person WHERE uid = ?', uid)`. */
export const sql = (text: string, ...values: Value[]): Statement => ({ text, values });

/**
 * Marks a statement as a condition of its batch: if it changes no row, the batch is rolled back. A condition after the first
 * statement changes at most one row, which it finds by its key.
 */
export const must = (statement: Statement, condition: Condition = 'writes'): Statement => ({
  condition,
  ...statement,
});

/** Marks a statement that reads only these rarely written tables. Its rows may be shared objects, so do not change them. */
export const seldom = ({ text, values }: Statement, ...tables: [string, ...string[]]): Statement => ({
  text,
  values,
  caches: { kind: 'rows', tables },
});

/** Marks a read by primary key of tables that grow all the time, but rarely change a row. Its row may be a shared object. */
export const found = ({ text, values }: Statement, ...tables: [string, ...string[]]): Statement => ({
  text,
  values,
  caches: { kind: 'found', tables },
});

export interface StatementResult {
  /** Number of rows that were written or, with RETURNING, returned. */
  changes: number;
  rows: Row[];
}

/**
 * A request that changes anything writes one batch, at its end: the claim of a jti, the spending of a code, the conditions on a
 * session, then the new rows. If a condition fails, nothing was written, and `failed` is the object that the caller passed:
 * `if (failed === claim) throw errors.jtiUsed()`. An earlier error of the request must not leave a proven jti unused: the caller
 * claims it in a separate batch then.
 */
export type BatchResult = Done | Failed;

interface Done {
  done: true;
  /** One for each statement. */
  results: StatementResult[];
  failed?: undefined;
}

interface Failed {
  done: false;
  /** The first condition that changed no row. */
  failed: Statement;
  results: readonly never[];
}

export interface BatchOptions {
  /** No response depends on it, so none waits until it is on the disk. */
  lazy?: boolean;
  /** Runs without a time limit, as for a migration. */
  patient?: boolean;
}

/** The storage of all services: one interface, one schema, two dialects. */
export interface Database {
  readonly dialect: 'sqlite' | 'postgres';
  /** Its location without credentials, for people. */
  readonly description: string;
  /** Reads committed rows, of this shape. @throws RowError */
  all<R extends object = Row>(statement: Statement, shape?: RowReader<R>): Promise<R[]>;
  /** Reads one committed row, of this shape. @throws RowError */
  get<R extends object = Row>(statement: Statement, shape?: RowReader<R>): Promise<R | undefined>;
  /**
   * Returns a number that increases when rows of these rarely written tables may have changed, in any process; undefined if that is
   * unknown. `Derived` compares it.
   * @param kind `found` for tables that grow all the time: when a row of them may have been changed or deleted
   */
  stampOf(tables: readonly string[], kind?: CacheKind): number | undefined;
  /**
   * Executes all of these statements or none, in order. Resolves when they are committed: every process sees them, and they
   * survive the end of this process.
   * @throws StorageError
   * @throws StatementError
   */
  batch(statements: readonly Statement[], options?: BatchOptions): Promise<BatchResult>;
  /** Executes one statement; it is committed when the promise resolves. */
  run(statement: Statement): Promise<StatementResult>;
  /**
   * Resolves when everything that this process has committed so far is on the disk; undefined if it is already. HTTP responses wait
   * for it, and so must code that notifies others.
   */
  durable(): Promise<void> | undefined;
  /** Calls the listener within a second after another process has written. Returns a function that stops this. */
  onForeignChange(listener: () => void): () => void;
  /** Returns the numbers of connections that write, and of requests that wait for one; absent without a pool. */
  pool?(): PoolState;
  /** Returns within a second whether it can be read and written. */
  healthy(): Promise<Health>;
  /**
   * Reads every page, beside other work. Resolves with the damage that it finds, in sentences for the operator; from then on
   * `healthy` reports it. PostgreSQL checks each page that it reads, if it has checksums: then what it has found so far.
   */
  checkPages(): Promise<string | undefined>;
  /** Finishes running work, for a few seconds at most. */
  close(): Promise<void>;
}

export interface PoolState {
  readonly used: number;
  readonly idle: number;
  readonly waiting: number;
}

export type Health = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/**
 * Thrown when storage fails: it is unreachable, full or too slow. A write in flight when the connection was lost may have been
 * executed; others were not.
 */
export class StorageError extends Unavailable {
  override name = 'StorageError';
}

/** Thrown when the database refuses a statement: a constraint, a wrong type, a missing table. */
export class StatementError extends Error {
  override name = 'StatementError';
}

/** Thrown for a stored value that its row shape does not allow. Names the column, never the value. */
export class RowError extends Error {
  override name = 'RowError';

  constructor(column: string) {
    super(`The stored value of ${column} is invalid.`);
  }
}
