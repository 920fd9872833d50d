import type { Statement, Value } from './database.ts';

/** Maximum number of cached results of one statement. */
const most = 1_000;

interface Remembered<Rows> {
  readonly stamp: number;
  readonly rows: Rows;
}

const keyOf = (values: readonly Value[]): Value =>
  values.length === 1 ? (values[0] ?? null) : JSON.stringify(values);

/** Returns the table that a statement writes; undefined if unknown. */
export const tableOf = (text: string): string | undefined =>
  /^\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+(\w+)/.exec(text)?.[1];

/** Returns the tables that a statement reads. */
export const tablesOf = (text: string): string[] =>
  [...text.matchAll(/\b(?:FROM|JOIN)\s+(\w+)/g)].map(([, table]) => String(table));

/**
 * Caches the rows of statements marked `seldom` until their tables are written: by this process, table by table, or by any
 * other connection. `Rows` are the rows, or a promise of them.
 */
export class SeldomRows<Rows> {
  readonly #read: (statement: Statement) => Rows;
  readonly #foreignVersion: () => string | number | undefined;
  readonly #known = new Map<string, { tables: string[]; rows: Map<Value, Remembered<Rows>> }>();
  readonly #written = new Map<string, number>();
  #foreign = 0;
  #version: string | number | undefined;
  #isLooked = false;

  /**
   * @param read returns rows that may be shared
   * @param foreignVersion returns a value that changes after each commit of another connection that `wrote` does not report;
   * undefined if that is unknown: then nothing is cached
   */
  constructor(read: (statement: Statement) => Rows, foreignVersion: () => string | number | undefined) {
    this.#read = read;
    this.#foreignVersion = foreignVersion;
  }

  /** Returns the current rows of a statement, cached or read. */
  of(statement: Statement): Rows {
    let known = this.#known.get(statement.text);
    if (!known) {
      known = { tables: tablesOf(statement.text), rows: new Map() };
      this.#known.set(statement.text, known);
    }
    const stamp = this.#stamp(known.tables);
    if (stamp === undefined) return this.#read(statement);
    const key = keyOf(statement.values);
    const found = known.rows.get(key);
    if (found?.stamp === stamp) return found.rows;
    const rows = this.#read(statement);
    if (known.rows.size >= most) known.rows.clear();
    known.rows.set(key, { stamp, rows });
    return rows;
  }

  /** Removes the cached rows of a statement, because reading them failed. */
  forget({ text, values }: Statement): void {
    this.#known.get(text)?.rows.delete(keyOf(values));
  }

  /** Registers a write to a table, or to an unknown one. */
  wrote(table: string | undefined): void {
    if (table === undefined) this.#foreign += 1;
    else this.#written.set(table, (this.#written.get(table) ?? 0) + 1);
  }

  /** Increases with each write that may have changed these tables. */
  #stamp(tables: readonly string[]): number | undefined {
    this.#look();
    if (this.#version === undefined) return undefined;
    let stamp = this.#foreign;
    for (const table of tables) stamp += this.#written.get(table) ?? 0;
    return stamp;
  }

  /**
   * Reads the version once in each turn of the event loop: a commit of another connection during the turn may be seen in the
   * next.
   */
  #look(): void {
    if (this.#isLooked) return;
    // It throws while another process blocks the file; then the version is still unread.
    const version = this.#foreignVersion();
    this.#isLooked = true;
    // The microtasks of this turn run first, then the tick.
    queueMicrotask(() =>
      process.nextTick(() => {
        this.#isLooked = false;
      }),
    );
    if (version !== this.#version) this.#foreign += 1;
    this.#version = version;
  }
}

/** Freezes rows that are shared. */
export function shared<R extends object>(rows: readonly R[]): readonly R[] {
  for (const row of rows) Object.freeze(row);
  return rows;
}
