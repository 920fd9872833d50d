import type { Clock } from '@alongside/kernel/clock';
import { counted } from '../oauth/counters.ts';
import { batchSize, inBatches } from '../storage/batches.ts';
import { type Database, sql } from '../storage/database.ts';

/** Calls that CIS answers without knowing who calls. */
export const cisLimits = {
  /** Challenges, and sign-ins, a minute for one network, which may be a whole hospital behind one address. */
  challengesPerMinute: 3_000,
  /** Times a minute that agents of one network address say that they are there: each does every two minutes. */
  presencePerMinute: 3_000,
  /** Mails an hour for one card at one agent, and at all of them. */
  unlockMailsPerHour: 3,
  unlockMailsOfCardPerHour: 12,
  /** Requests for such mails, and codes tried, a minute for one network address. */
  unlockCallsPerMinute: 60,
  /** Questions after revoked cards (OCSP) a minute for one network address: each answer is signed. */
  revocationCallsPerMinute: 3_000,
};

const prefix = 'cis:';
/** Milliseconds; no window is longer. */
const kept = 86_400_000;

/** Counts in storage, so that any number of processes count as one. */
export class Limiter {
  readonly #database: Database;
  readonly #clock: Clock;
  /** Where the last step of `forget` ended. */
  #after = '';

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** Counts one more under this name; whether that is too many. */
  async over(name: string, limit: number, timeunit: 'minute' | 'hour'): Promise<boolean> {
    const counters = { database: this.#database, clock: this.#clock };
    return (await counted(counters, `${prefix}${name}`, { interval: 1, timeunit })) > limit;
  }

  /**
   * Forgets counts of windows that ended long ago: there may be one for each address that ever called. It steps through the
   * primary key, because an index of windows would cost every counted request a write. Returns whether more are left.
   */
  forget(): Promise<boolean> {
    const end = this.#clock.now() - kept;
    return inBatches(async () => {
      const rows = await this.#database.all<{ name: string; window_start: number }>(
        sql(
          `SELECT name, window_start FROM counter WHERE name > ? ORDER BY name LIMIT ${batchSize}`,
          this.#after,
        ),
      );
      const old = rows.filter((row) => row.name.startsWith(prefix) && row.window_start < end);
      if (old.length > 0)
        await this.#database.run(
          sql(
            `DELETE FROM counter WHERE name IN (${old.map(() => '?').join(', ')}) AND window_start < ?`,
            ...old.map(({ name }) => name),
            end,
          ),
        );
      this.#after = rows.length < batchSize ? '' : (rows.at(-1)?.name ?? '');
      return rows.length;
    });
  }
}
