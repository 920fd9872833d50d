import type { Clock } from '@alongside/kernel/clock';
import { counted } from '../oauth/counters.ts';
import { type Database, sql } from '../storage/database.ts';

/** What CIS lets through without asking who it is. */
export const cisLimits = {
  /** Challenges a minute for one network address, behind which a whole hospital may stand. */
  challengesPerMinute: 3_000,
  /** Times a minute that agents of one network address say that they are there: each does every two minutes. */
  presencePerMinute: 3_000,
  /** Mails a hour for one card. */
  unlockMailsPerHour: 3,
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

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** Counts one more under this name; whether that is too many. */
  async over(name: string, limit: number, timeunit: 'minute' | 'hour'): Promise<boolean> {
    const counters = { database: this.#database, clock: this.#clock };
    return (await counted(counters, `${prefix}${name}`, { interval: 1, timeunit })) > limit;
  }

  /** Forgets counts of windows that are long over: there may be one for every address that ever called. */
  async forget(): Promise<void> {
    const end = this.#clock.now() - kept;
    await this.#database.run(
      sql('DELETE FROM counter WHERE name LIKE ? AND window_start < ?', `${prefix}%`, end),
    );
  }
}
