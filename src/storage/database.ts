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
   * does not undo them. Lazy ones are of no consequence to an answer: it need not wait until they are on the disk.
   */
  batch(statements: readonly Statement[], options?: { lazy?: boolean }): Promise<BatchResult>;
  /** One statement, committed when it resolves. */
  run(statement: Statement): Promise<StatementResult>;
  /** Resolves once all that this process has committed so far is on the disk. HTTP answers wait for it; who tells others by itself waits as well. */
  durable(): Promise<void>;
  /** Calls back, within a second, when another process has written. Returns how to stop. */
  onForeignChange(listener: () => void): () => void;
  /** Whether it answers. */
  healthy(): Promise<boolean>;
  close(): Promise<void>;
}

/** Thrown by a write that could not be made, of which nothing happened, and where it is not known whether commits reached the disk. */
export class StorageError extends Error {
  override name = 'StorageError';
}
