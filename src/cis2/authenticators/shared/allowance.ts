import type { Clock } from '@alongside/kernel/clock';
import { sha256 } from '@alongside/kernel/secrets';
import { type Database, must, type Statement, sql } from '../../../storage/database.ts';

/**
 * Limits the tries of a period that begins with the first. Each is counted before it is checked, also those beyond the limit,
 * so the response time does not show whether any are left.
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

  /**
   * Counts one more. Returns whether it is within the limit.
   * @param beyond writes for the batch that counts the first one beyond the limit
   */
  async take(what: string, beyond: () => Promise<readonly Statement[]>): Promise<boolean> {
    for (;;) {
      const { rows } = await this.#database.run(this.#countStatement(what));
      if (rows[0]) return Number(rows[0].payload) <= this.#most;
      const { done } = await this.#database.batch([this.#exceedStatement(what), ...(await beyond())]);
      if (done) return false;
    }
  }

  /** Returns the write that uncounts one, which was right. */
  giveBackStatement(what: string): Statement {
    return sql(
      `UPDATE single_use SET payload = CAST(CAST(payload AS INTEGER) - 1 AS TEXT)
       WHERE kind = ? AND hash = ? AND CAST(payload AS INTEGER) > 0`,
      this.#kind,
      sha256(what),
    );
  }

  /** Counts one more, unless it is the first beyond the limit. */
  #countStatement(what: string): Statement {
    const now = this.#clock.now();
    return sql(
      `INSERT INTO single_use (kind, hash, payload, created_at, expires_at) VALUES (?, ?, '1', ?, ?)
       ON CONFLICT (kind, hash) DO UPDATE SET
         payload = CASE WHEN single_use.expires_at <= excluded.created_at THEN '1'
           ELSE CAST(CAST(single_use.payload AS INTEGER) + 1 AS TEXT) END,
         created_at = excluded.created_at,
         expires_at = CASE WHEN single_use.expires_at <= excluded.created_at THEN excluded.expires_at
           ELSE single_use.expires_at END
       WHERE single_use.payload <> ? OR single_use.expires_at <= excluded.created_at
       RETURNING payload`,
      ...[this.#kind, sha256(what), now, now + this.#period, String(this.#most)],
    );
  }

  #exceedStatement(what: string): Statement {
    const now = this.#clock.now();
    return must(
      sql(
        `UPDATE single_use SET payload = ?, created_at = ?
         WHERE kind = ? AND hash = ? AND payload = ? AND expires_at > ?`,
        ...[String(this.#most + 1), now, this.#kind, sha256(what), String(this.#most), now],
      ),
    );
  }
}
