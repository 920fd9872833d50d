import type { Clock } from '@alongside/kernel/clock';
import { sha256 } from '@alongside/kernel/secrets';
import { type Database, type Statement, sql } from '../../../storage/database.ts';

/**
 * Limits consecutive tries. Each is counted in storage before it is checked, so the limit applies to all processes and
 * concurrent requests together. The count expires some time after the last try.
 */
export class Tries {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #kind: string;
  readonly #most: number;
  readonly #wait: number;

  /**
   * @param most consecutive tries.
   * @param wait milliseconds after the last try until the count expires.
   */
  constructor(database: Database, clock: Clock, kind: string, most: number, wait: number) {
    this.#database = database;
    this.#clock = clock;
    this.#kind = kind;
    this.#most = most;
    this.#wait = wait;
  }

  /** Counts one. Returns its number, or undefined if there were too many. */
  async take(what: string): Promise<number | undefined> {
    const now = this.#clock.now();
    const { rows } = await this.#database.run(
      sql(
        `INSERT INTO single_use (kind, hash, payload, created_at, expires_at) VALUES (?, ?, '1', ?, ?)
         ON CONFLICT (kind, hash) DO UPDATE SET
           payload = CASE WHEN single_use.expires_at <= excluded.created_at THEN '1'
             ELSE CAST(CAST(single_use.payload AS INTEGER) + 1 AS TEXT) END,
           created_at = excluded.created_at,
           expires_at = excluded.expires_at
         WHERE CAST(single_use.payload AS INTEGER) < ? OR single_use.expires_at <= excluded.created_at
         RETURNING payload`,
        this.#kind,
        sha256(what),
        now,
        now + this.#wait,
        this.#most,
      ),
    );
    const count = rows[0]?.payload;
    return count === undefined ? undefined : Number(count);
  }

  /** Returns the write that resets the count after a right try. */
  forgetStatement(what: string): Statement {
    return sql('DELETE FROM single_use WHERE kind = ? AND hash = ?', this.#kind, sha256(what));
  }
}

/** Locks a name for 15 minutes after five consecutive wrong guesses, whether or not it has an account. */
export const guesses = (database: Database, clock: Clock, kind: string): Tries =>
  new Tries(database, clock, `cis2-guess-${kind}`, 5, 900_000);
