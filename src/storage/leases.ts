import type { Clock } from '@alongside/kernel/clock';
import { randomToken } from '@alongside/kernel/ids';
import { isDue } from '@alongside/kernel/retry';
import { type Database, type Statement, sql } from './database.ts';
import { integer, row, text } from './row.ts';

/** A lease that ends later than its length plus this tolerance was written before the clock was set back. */
const clockTolerance = 60_000;

const leaseRow = row('lease', { holder: text, held_until: integer });

/** Leases in storage, each with at most one holder until it is released or no longer renewed. */
export class Leases {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #holder = randomToken(12);

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** Takes or renews a lease for this many milliseconds; returns false while another process holds it. */
  async take(name: string, length: number): Promise<boolean> {
    const now = this.#clock.now();
    // A read takes no lock, so waiting processes write nothing.
    const row = await this.#database.get(
      sql('SELECT holder, held_until FROM lease WHERE name = ?', name),
      leaseRow,
    );
    const isTaken =
      row !== undefined &&
      row.holder !== this.#holder &&
      !isDue(row.held_until, now, length + clockTolerance);
    if (isTaken) return false;
    // A lease lost with the disk simply expires.
    const { results } = await this.#database.batch([this.#takeStatement(name, now, length)], { lazy: true });
    return results[0]?.changes === 1;
  }

  /** Releases these leases, so that another process need not wait until they expire. */
  async release(names: readonly string[]): Promise<void> {
    await this.#database.batch(
      names.map((name) =>
        sql('UPDATE lease SET held_until = 0 WHERE name = ? AND holder = ?', name, this.#holder),
      ),
      { lazy: true },
    );
  }

  #takeStatement(name: string, now: number, length: number): Statement {
    return sql(
      `INSERT INTO lease (name, holder, held_until) VALUES (?, ?, ?)
       ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, held_until = excluded.held_until
       WHERE lease.holder = excluded.holder OR lease.held_until <= ? OR lease.held_until > ?`,
      name,
      this.#holder,
      now + length,
      now,
      now + length + clockTolerance,
    );
  }
}
