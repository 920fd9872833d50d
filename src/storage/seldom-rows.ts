import type { Statement, Value } from './database.ts';

/** Most rows that are remembered of one statement. */
const most = 1_000;

interface Remembered {
  readonly stamp: number;
  readonly rows: readonly object[];
}

const keyOf = (values: readonly Value[]): Value =>
  values.length === 1 ? (values[0] ?? null) : JSON.stringify(values);

/** The table that a statement writes; undefined where it cannot be told. */
export const tableOf = (text: string): string | undefined =>
  /^\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+(\w+)/.exec(text)?.[1];

const tablesOf = (text: string): string[] =>
  [...text.matchAll(/\b(?:FROM|JOIN)\s+(\w+)/g)].map(([, table]) => String(table));

/**
 * What statements marked `seldom` gave, for as long as nothing was written to their tables: by this connection, table by table,
 * or by any other, whatever it wrote. So a change holds as soon as it is committed, as if the rows were read each time.
 */
export class SeldomRows {
  readonly #read: (statement: Statement) => object[];
  readonly #foreignVersion: () => string | number;
  readonly #known = new Map<string, { tables: string[]; rows: Map<Value, Remembered> }>();
  readonly #written = new Map<string, number>();
  #foreign = 0;
  #lastVersion: string | number = -1;
  #isLooked = false;

  /** @param foreignVersion something that is another after each commit of another connection. */
  constructor(read: (statement: Statement) => object[], foreignVersion: () => string | number) {
    this.#read = read;
    this.#foreignVersion = foreignVersion;
  }

  /** What the statement gives now: remembered, or as read. */
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

  /** This connection wrote to a table, or to one that cannot be told. */
  wrote(table: string | undefined): void {
    if (table === undefined) this.#foreign += 1;
    else this.#written.set(table, (this.#written.get(table) ?? 0) + 1);
  }

  /** Grows with each write that may have changed these tables. */
  #stamp(tables: readonly string[]): number {
    this.#look();
    let stamp = this.#foreign;
    for (const table of tables) stamp += this.#written.get(table) ?? 0;
    return stamp;
  }

  /** Once in each piece of work of the event loop: what another one commits during it may be seen by the next. */
  #look(): void {
    if (this.#isLooked) return;
    // It throws where somebody is in the way for a moment; then nobody has looked.
    const version = this.#foreignVersion();
    this.#isLooked = true;
    // The microtasks of this piece of work come first, then the tick.
    queueMicrotask(() =>
      process.nextTick(() => {
        this.#isLooked = false;
      }),
    );
    if (version !== this.#lastVersion) this.#foreign += 1;
    this.#lastVersion = version;
  }
}
