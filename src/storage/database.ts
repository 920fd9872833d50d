import { Unavailable } from '@alongside/kernel/unavailable';

/** A value that a statement can carry. Booleans are 0 and 1, times are milliseconds, structures are JSON text. */
export type Value = string | number | null;

export type Row = Record<string, Value>;

/** One SQL statement with `?` for each value, in the common part of both dialects. */
export interface Statement {
  readonly text: string;
  readonly values: readonly Value[];
  /** When true, a batch in which this statement touches no row is undone as a whole. */
  readonly mustChange?: boolean;
  /** When true, its rows may be remembered until something is written to the tables that it reads. */
  readonly seldom?: boolean;
}

/** Writes a statement: `sql('DELETE FROM person WHERE uid = ?', uid)`. */
export const sql = (text: string, ...values: Value[]): Statement => ({ text, values });

/** The same statement as the condition of its batch: no row touched, nothing of the batch happens. */
export const must = (statement: Statement): Statement => ({ ...statement, mustChange: true });

/** The same statement as one that reads only what is seldom written. Its rows may be the same objects each time, so nobody changes them. */
export const seldom = (statement: Statement): Statement => ({ ...statement, seldom: true });

export interface StatementResult {
  /** Rows that were written or, with RETURNING, given back. */
  changes: number;
  rows: Row[];
}

export interface BatchResult {
  /** False when a `must` statement touched no row; then nothing of the batch happened. */
  done: boolean;
  results: StatementResult[];
}

export interface BatchOptions {
  /** No answer depends on it: none waits until it is on the disk. */
  lazy?: boolean;
  /** It may take any time, as a migration does. */
  patient?: boolean;
}

/** Storage as every part of the product sees it. One interface, one schema, two dialects. */
export interface Database {
  readonly dialect: 'sqlite' | 'postgres';
  /** Where it is, without credentials: for people. */
  readonly description: string;
  /** Reads committed rows. */
  all<R extends object = Row>(statement: Statement): Promise<R[]>;
  /** Reads one committed row. */
  get<R extends object = Row>(statement: Statement): Promise<R | undefined>;
  /**
   * All of these statements or none, in order. Resolves once they are committed: every process sees them, and the end of this one
   * does not undo them.
   * @throws StorageError @throws StatementError
   */
  batch(statements: readonly Statement[], options?: BatchOptions): Promise<BatchResult>;
  /** One statement, committed when it resolves. */
  run(statement: Statement): Promise<StatementResult>;
  /** Resolves once all that this process has committed so far is on the disk. HTTP answers wait for it; who tells others by itself waits as well. */
  durable(): Promise<void>;
  /** Calls back, within a second, when another process has written. Returns how to stop. */
  onForeignChange(listener: () => void): () => void;
  /** Whether it can be read and written. Answers within a second. */
  healthy(): Promise<Health>;
  /** Ends running work, for a few seconds at most. */
  close(): Promise<void>;
}

export type Health = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/**
 * Thrown when storage fails: it cannot be reached, is full, does not answer in time. A write that was on its way when the
 * connection was lost may have happened or not; any other did not.
 */
export class StorageError extends Unavailable {
  override name = 'StorageError';
}

/** Thrown when the database works and refuses a statement: a constraint, a wrong type, a missing table. */
export class StatementError extends Error {
  override name = 'StatementError';
}
