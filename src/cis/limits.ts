import type { Clock } from '@alongside/kernel/clock';
import type { HttpRequest } from '@alongside/kernel/http';
import { check } from '@alongside/kernel/steps';
import { withinQuota } from '../oauth/counters.ts';
import { AnonymousRows, NetworkLimit } from '../oauth/network-limit.ts';
import { batchSize, inBatches } from '../storage/batches.ts';
import { type Database, sql } from '../storage/database.ts';
import { integer, row, text } from '../storage/row.ts';
import { errors } from './errors.ts';

/** Limits of calls from unauthenticated callers. */
export const cisLimits = {
  /** Challenges, and sign-ins, per minute and network. A whole hospital may share one address. */
  challengesPerMinute: 3_000,
  /** Presence reports per minute and network. An agent sends one every two minutes. */
  presencePerMinute: 3_000,
  /** Unlock mails per hour for one card at one agent, and at all agents. */
  unlockMailsPerHour: 3,
  unlockMailsOfCardPerHour: 12,
  /** Requests for unlock mails, and tried codes, per minute and network. */
  unlockCallsPerMinute: 60,
  /** OCSP requests per minute and network. Each response is signed. */
  revocationCallsPerMinute: 3_000,
};

/** Returns the limits of calls by network. `AnonymousRows` also limits the total number of stored rows. */
export function createNetworkLimits(
  storage: { database: Database; clock: Clock },
  limits: Pick<
    typeof cisLimits,
    'challengesPerMinute' | 'presencePerMinute' | 'unlockCallsPerMinute' | 'revocationCallsPerMinute'
  >,
) {
  const rows = (name: string, perMinute: number) =>
    new AnonymousRows(storage, `cis-${name}`, { rows: perMinute });
  return {
    challenges: rows('challenges', limits.challengesPerMinute),
    signIns: rows('sign-ins', limits.challengesPerMinute),
    presence: rows('presence', limits.presencePerMinute),
    unlockCalls: new NetworkLimit(storage, 'cis-unlock', limits.unlockCallsPerMinute),
    revocationCalls: new NetworkLimit(storage, 'cis-revocation', limits.revocationCallsPerMinute),
  };
}

export type CisNetworkLimits = ReturnType<typeof createNetworkLimits>;

interface LimitedCall {
  request: HttpRequest;
  cis: { networks: CisNetworkLimits };
}

/** Returns the check that the network of a call is below this limit. It precedes steps that store something for any agent key. */
export const limitNetwork = (name: keyof CisNetworkLimits) =>
  check('rate-limit', async function limitNetwork({ request, cis }: LimitedCall): Promise<void> {
    if (!(await cis.networks[name].admits(request.address))) throw errors.tooManyRequests(name);
  });

const prefix = 'cis:';
/** Milliseconds; longer than any window. */
const kept = 86_400_000;
const counterRow = row('counter', { name: text, window_start: integer });

/** Counts calls in storage, for all processes together. */
export class Limiter {
  readonly #database: Database;
  readonly #clock: Clock;
  /** The last name that `forget` read. */
  #after = '';

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** Counts a call under this name. Returns whether it exceeds the limit. */
  async over(name: string, limit: number, timeunit: 'minute' | 'hour'): Promise<boolean> {
    const counters = { database: this.#database, clock: this.#clock };
    return !(await withinQuota(counters, `${prefix}${name}`, { limit, interval: 1, timeunit }));
  }

  /**
   * Deletes old counts, of which there may be one for each address that ever called. Steps through the primary key, because an
   * index of windows would cost a write for each counted call. Returns whether more are left.
   */
  forget(): Promise<boolean> {
    const end = this.#clock.now() - kept;
    return inBatches(async () => {
      const rows = await this.#database.all(
        sql(
          `SELECT name, window_start FROM counter WHERE name > ? ORDER BY name LIMIT ${batchSize}`,
          this.#after,
        ),
        counterRow,
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
