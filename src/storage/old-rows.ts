import { inBatches } from './batches.ts';
import { type Database, type Statement, sql, type Value } from './database.ts';
import { firstIdAt } from './placed-values.ts';
import { integer, row, text } from './row.ts';

/** Number of rows that one statement looks at. */
const windowSize = 500;
/** Milliseconds after which a walk begins again at the left, for rows that had not expired. */
const walkEvery = 3_600_000;

type Second = 'hash' | 'part';
const keyRows = {
  hash: row('access_token refresh_token', { id: integer, hash: text }),
  part: row('token_grant', { id: integer, part: integer }),
};

/**
 * Removes expired rows of a table with keys in the order of time, without an index by expiry: walks from the left in windows,
 * leaves rows that are still valid behind, and continues where it stopped. `expires_at` is the column.
 */
export class OldRows {
  readonly #database: Database;
  readonly #table: string;
  readonly #second: Second;
  readonly #and: string;
  #position: readonly [number, string | number];
  #beganAt = Number.NEGATIVE_INFINITY;
  #isAtEnd = true;

  /**
   * @param second the second column of the key, after `id`
   * @param and a further condition without values
   */
  constructor(database: Database, table: string, second: Second, { and }: { and?: string } = {}) {
    this.#database = database;
    this.#table = table;
    this.#second = second;
    this.#and = and === undefined ? '' : ` AND ${and}`;
    this.#position = this.#start();
  }

  /** Removes rows that expired before a time. Returns whether more rows remain to check. */
  sweep(now: number, before: number): Promise<boolean> {
    if (this.#isAtEnd && Math.abs(now - this.#beganAt) >= walkEvery) {
      this.#position = this.#start();
      this.#beganAt = now;
    }
    return inBatches(() => this.#sweepWindow(before));
  }

  #start(): readonly [number, string | number] {
    return [-1, this.#second === 'hash' ? '' : 0];
  }

  /** Returns the number of rows of the window. The last one is walked again, as it grows. */
  async #sweepWindow(before: number): Promise<number> {
    const edge = firstIdAt(Math.max(0, before));
    const last = await this.#lastOf(edge);
    const key = `(id, ${this.#second})`;
    const [until, ...values]: [string, ...Value[]] = last
      ? [`id <= ? AND ${key} <= (?, ?)`, last[0], ...last]
      : ['id < ?', edge];
    // PostgreSQL estimates the rows between two ids, and far too many between two keys: it would read the table and compile the statement.
    await this.#database.run(
      sql(
        `DELETE FROM ${this.#table} WHERE id >= ? AND ${key} > (?, ?) AND ${until} AND expires_at < ?${this.#and}`,
        this.#position[0],
        ...this.#position,
        ...values,
        before,
      ),
    );
    this.#isAtEnd = last === undefined;
    if (!last) return 0;
    this.#position = last;
    return windowSize;
  }

  /** Returns the key of the last row of a full window. */
  async #lastOf(edge: number): Promise<readonly [number, string | number] | undefined> {
    const second = this.#second;
    const statement: Statement = sql(
      `SELECT id, ${second} FROM ${this.#table} WHERE (id, ${second}) > (?, ?) AND id < ?
       ORDER BY id, ${second} LIMIT 1 OFFSET ${windowSize - 1}`,
      ...this.#position,
      edge,
    );
    if (second === 'hash') {
      const found = await this.#database.get(statement, keyRows.hash);
      return found && [found.id, found.hash];
    }
    const found = await this.#database.get(statement, keyRows.part);
    return found && [found.id, found.part];
  }
}
