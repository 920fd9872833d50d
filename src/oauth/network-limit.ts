import type { Clock } from '@alongside/kernel/clock';
import { callerNetwork } from '@alongside/kernel/networks';
import { sha256 } from '@alongside/kernel/secrets';
import { type Database, sql } from '../storage/database.ts';

/** Length of a window in milliseconds. */
const minute = 60_000;

/**
 * Limits unproven requests by network, so that they never use up what belongs to an application or a user. Counts are
 * stored: any number of processes count as one. There may be a row for every network, so rows expire and are removed
 * with the single-use values.
 */
export class NetworkLimit {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #kind: string;
  readonly #perMinute: number;

  /** @param name of what is counted; two limits of one name share their counts. */
  constructor(storage: { database: Database; clock: Clock }, name: string, perMinute: number) {
    this.#database = storage.database;
    this.#clock = storage.clock;
    this.#kind = `network-${name}`;
    this.#perMinute = perMinute;
  }

  /** Counts one request from the network of this address. Returns false, and stores nothing, once the minute's limit is reached. */
  async admits(address: string): Promise<boolean> {
    const now = this.#clock.now();
    // A window may begin in the future if the clock was moved back: it is replaced as well.
    const { changes } = await this.#database.run(
      sql(
        `INSERT INTO single_use (kind, hash, payload, created_at, expires_at)
         SELECT ?, ?, '1', CAST(? AS BIGINT), CAST(? AS BIGINT) WHERE CAST(? AS INTEGER) > 0
         ON CONFLICT (kind, hash) DO UPDATE SET
           payload = CASE WHEN single_use.created_at = excluded.created_at
             THEN CAST(CAST(single_use.payload AS INTEGER) + 1 AS TEXT) ELSE '1' END,
           created_at = excluded.created_at,
           expires_at = excluded.expires_at
         WHERE single_use.created_at <> excluded.created_at OR CAST(single_use.payload AS INTEGER) < ?`,
        this.#kind,
        sha256(callerNetwork(address)),
        Math.floor(now / minute) * minute,
        Math.floor(now / minute) * minute + minute,
        this.#perMinute,
        this.#perMinute,
      ),
    );
    return changes === 1;
  }
}
