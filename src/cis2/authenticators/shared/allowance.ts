import type { Clock } from '@alongside/kernel/clock';
import { sha256 } from '@alongside/kernel/secrets';
import { type Database, type Statement, sql } from '../../../storage/database.ts';

/**
 * So many tries in a period that begins with the first of them. Each is counted before it is looked at, also those beyond
 * the most: the work is always the same, so the time tells nobody whether there are any left.
 */
export class Allowance {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #kind: string;
  readonly #most: number;
  readonly #period: number;

  /** @param period in milliseconds. */
  constructor(database: Database, clock: Clock, kind: string, most: number, period: number) {
    this.#database = database;
    this.#clock = clock;
    this.#kind = kind;
    this.#most = most;
    this.#period = period;
  }

  /** Takes one: whether it was left, and whether it is the first that was not. */
  async take(what: string): Promise<{ left: boolean; firstBeyond: boolean }> {
    const now = this.#clock.now();
    const { rows } = await this.#database.run(
      sql(
        `INSERT INTO single_use (kind, hash, payload, created_at, expires_at) VALUES (?, ?, '1', ?, ?)
         ON CONFLICT (kind, hash) DO UPDATE SET
           payload = CASE WHEN single_use.expires_at <= excluded.created_at THEN '1'
             ELSE CAST(CAST(single_use.payload AS INTEGER) + 1 AS TEXT) END,
           created_at = excluded.created_at,
           expires_at = CASE WHEN single_use.expires_at <= excluded.created_at THEN excluded.expires_at
             ELSE single_use.expires_at END
         RETURNING payload`,
        this.#kind,
        sha256(what),
        now,
        now + this.#period,
      ),
    );
    const count = Number(rows[0]?.payload);
    return { left: count <= this.#most, firstBeyond: count === this.#most + 1 };
  }

  /** The write that gives one back: it was right. */
  givingBack(what: string): Statement {
    return sql(
      `UPDATE single_use SET payload = CAST(CAST(payload AS INTEGER) - 1 AS TEXT)
       WHERE kind = ? AND hash = ? AND CAST(payload AS INTEGER) > 0`,
      this.#kind,
      sha256(what),
    );
  }
}
