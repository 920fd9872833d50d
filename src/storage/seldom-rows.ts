import type { Statement, Value } from './database.ts';

/** Maximum number of cached results of one statement. */
const most = 1_000;

interface Remembered {
  readonly stamp: number;
  readonly rows: readonly object[];
}

const keyOf = (values: readonly Value[]): Value =>
  values.length === 1 ? (values[0] ?? null) : JSON.stringify(values);

/** Returns the table that a statement writes; undefined if unknown. */
export const tableOf = (text: string): string | undefined =>
  /^\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+(\w+)/.exec(text)?.[1];

const tablesOf = (text: string): string[] =>
  [...text.matchAll(/\b(?:FROM|JOIN)\s+(\w+)/g)].map(([, table]) => String(table));

/**
 * Caches the rows of statements marked `seldom` until their tables are written: by this connection, table by table, or by any
 * other connection, whatever it wrote. A change therefore applies as soon as it is committed.
 */
export class SeldomRows {
  readonly #read: (statement: Statement) => object[];
  readonly #foreignVersion: () => string | number;
  readonly #known = new Map<string, { tables: string[]; rows: Map<Value, Remembered> }>();
  readonly #written = new Map<string, number>();
  #foreign = 0;
  #lastVersion: string | number = -1;
  #isLooked = false;

  /** @param foreignVersion returns a value that changes after each commit of another connection */
  constructor(read: (statement: Statement) => object[], foreignVersion: () => string | number) {
    this.#read = read;
    this.#foreignVersion = foreignVersion;
  }

  /** Returns the current rows of a statement, cached or read. */
  of(statement: Statement): readonly object[] {
    let known = this.#known.get(statement.text);
    if (!known) {
      known = { tables: tablesOf(statement.text), rows: new Map() };
      this.#known.set(statement.text, known);
    }
    const stamp = this.#stamp(known.tables);
    const key = keyOf(statement.values);
    const found = known.rows.get(key);
    if (found?.stamp === stamp) return found.rows;
    const rows = this.#read(statement);
    for (const row of rows) Object.freeze(row);
    if (known.rows.size >= most) known.rows.clear();
    known.rows.set(key, { stamp, rows });
    return rows;
  }

  /** Registers a write of this connection to a table, or to an unknown one. */
  wrote(table: string | undefined): void {
    if (table === undefined) this.#foreign += 1;
    else this.#written.set(table, (this.#written.get(table) ?? 0) + 1);
  }

  /** Increases with each write that may have changed these tables. */
  #stamp(tables: readonly string[]): number {
    this.#look();
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
    if (version !== this.#lastVersion) this.#foreign += 1;
    this.#lastVersion = version;
  }
}
