import type { Clock } from '@alongside/kernel/clock';
import { type Database, sql } from '../storage/database.ts';
import type { PlatformHalf } from './applications.ts';
import type { Product, RateLimits } from './products.ts';

type Quota = NonNullable<RateLimits['quota']>;

/** What the platform allows where a registration says nothing: 300 requests a minute for each application at each API. */
export const publishedQuota: Quota = { enabled: true, limit: 300, interval: 1, timeunit: 'minute' };

const minute = 60_000;
const units: Readonly<Record<string, number>> = {
  second: 1_000,
  minute,
  hour: 60 * minute,
  day: 1_440 * minute,
  week: 10_080 * minute,
  month: 43_200 * minute,
};

const windowOf = ({ interval, timeunit }: Quota): number =>
  Math.max(1, interval) * (units[timeunit] ?? minute);

/** Shortest time between two requests in milliseconds, `5ps` or `300pm`; undefined when it is no rate. */
function gapOf(rate: string): number | undefined {
  const [, count, unit] = /^([1-9]\d{0,8})p([sm])$/.exec(rate) ?? [];
  return count === undefined ? undefined : Math.floor((unit === 's' ? 1_000 : minute) / Number(count));
}

function ownLimits(half: PlatformHalf, api: string): RateLimits | undefined {
  try {
    const parsed = JSON.parse(half.attributes.ratelimiting ?? 'null') as Record<
      string,
      RateLimits | undefined
    > | null;
    return parsed?.[api] ?? parsed?.app;
  } catch {
    return undefined;
  }
}

const completed = (limits: RateLimits): RateLimits => ({
  ...limits,
  quota: { ...publishedQuota, ...limits.quota },
});

/** Requests in each millisecond. */
const speedOf = ({ quota }: RateLimits): number =>
  quota?.enabled ? quota.limit / windowOf(quota) : Number.POSITIVE_INFINITY;

/**
 * The limits of one application at one API: its own (attribute `ratelimiting`), else the most generous of its products
 * that hold the API. Null when one of those lifts them; what is left out is as published.
 */
export function limitsOf(half: PlatformHalf, products: readonly Product[], api: string): RateLimits | null {
  const own = ownLimits(half, api);
  if (own) return completed(own);
  const found = products.filter(({ apis }) => apis.includes(api)).map(({ limits }) => limits);
  if (found.includes(null)) return null;
  const complete = found.map((limits) => completed(limits ?? {}));
  return complete.sort((a, b) => speedOf(b) - speedOf(a))[0] ?? completed({});
}

/** Counts in storage, so that any number of processes count as one. */
export class RateLimiter {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** Counts one request under this name; the limit that it is over, quota first, or undefined. */
  async exceeded(limits: RateLimits | null, name: string): Promise<'quota' | 'spikeArrest' | undefined> {
    const { quota, spikeArrest } = limits ?? {};
    if (quota?.enabled && (await this.#counted(`quota:${name}`, windowOf(quota))) > quota.limit)
      return 'quota';
    const gap = spikeArrest?.enabled ? gapOf(spikeArrest.ratelimit) : undefined;
    return gap === undefined || (await this.#admitted(`spike:${name}`, gap)) ? undefined : 'spikeArrest';
  }

  /** The number of this request in the window that runs now. */
  async #counted(name: string, window: number): Promise<number> {
    const now = this.#clock.now();
    const { rows } = await this.#database.run(
      sql(
        `INSERT INTO counter (name, window_start, count) VALUES (?, ?, 1)
         ON CONFLICT (name) DO UPDATE SET
           count = CASE WHEN counter.window_start = excluded.window_start THEN counter.count + 1 ELSE 1 END,
           window_start = excluded.window_start
         RETURNING count`,
        name,
        now - (now % window),
      ),
    );
    return Number(rows[0]?.count ?? 0);
  }

  /** Whether the last admitted request is long enough ago: smoothing, as Apigee's SpikeArrest, so no burst is saved up. */
  async #admitted(name: string, gap: number): Promise<boolean> {
    // A last time in the future comes from a clock that was moved back.
    const { changes } = await this.#database.run(
      sql(
        `INSERT INTO counter (name, window_start, count) VALUES (?, ?, 1)
         ON CONFLICT (name) DO UPDATE SET window_start = excluded.window_start, count = counter.count + 1
         WHERE counter.window_start + ? <= excluded.window_start OR counter.window_start > excluded.window_start`,
        name,
        this.#clock.now(),
        gap,
      ),
    );
    return changes === 1;
  }
}
