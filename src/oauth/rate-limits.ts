import type { Clock } from '@alongside/kernel/clock';
import { type Database, sql, type Statement } from '../storage/database.ts';
import type { PlatformHalf } from './applications.ts';
import type { Product, RateLimits } from './products.ts';

/** One counter: so many requests in each window. `window` in milliseconds. */
export interface RateRule {
  kind: 'quota' | 'spikeArrest';
  name: string;
  limit: number;
  window: number;
}

/** What the platform allows where a registration says nothing: 300 requests a minute for each application at each API. */
export const publishedLimits: RateLimits = {
  quota: { enabled: true, limit: 300, interval: 1, timeunit: 'minute' },
};

const units: Readonly<Record<string, number>> = {
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  week: 604_800_000,
  month: 2_592_000_000,
};

function ownLimits(half: PlatformHalf, api: string): RateLimits | undefined {
  const text = half.attributes.ratelimiting;
  if (text === undefined) return undefined;
  try {
    const parsed = JSON.parse(text) as Record<string, RateLimits | undefined> | null;
    return parsed?.[api] ?? parsed?.app;
  } catch {
    return undefined;
  }
}

const allowed = (limits: RateLimits): number =>
  limits.quota?.enabled ? limits.quota.limit / (limits.quota.interval * (units[limits.quota.timeunit] ?? 60_000)) : Infinity;

/**
 * The limits of one application at one API: its own, else the most generous of its products that hold the API.
 * Null when a product lifts them; what is left out falls back to the published ones.
 */
export function limitsOf(half: PlatformHalf, products: readonly Product[], api: string): RateLimits | null {
  const own = ownLimits(half, api);
  if (own) return { ...publishedLimits, ...own };
  const found = products.filter((product) => product.apis.includes(api)).map((product) => product.limits);
  if (found.includes(null)) return null;
  const complete = found.map((limits) => ({ ...publishedLimits, ...limits }));
  return complete.sort((a, b) => allowed(b) - allowed(a))[0] ?? publishedLimits;
}

/** A spike arrest as registered, `5ps` or `300pm`, as requests in each second; undefined when it is neither. */
function perSecond(rate: string): number | undefined {
  const [, count, unit] = /^([1-9]\d{0,8})(ps|pm)$/.exec(rate) ?? [];
  if (count === undefined) return undefined;
  return unit === 'ps' ? Number(count) : Math.max(1, Math.ceil(Number(count) / 60));
}

/** The counters that these limits ask for, under one name. */
export function rulesOf(limits: RateLimits | null, name: string): RateRule[] {
  const rules: RateRule[] = [];
  const spike = limits?.spikeArrest?.enabled ? perSecond(limits.spikeArrest.ratelimit) : undefined;
  if (spike !== undefined) rules.push({ kind: 'spikeArrest', name: `${name} spike`, limit: spike, window: 1_000 });
  if (limits?.quota?.enabled) {
    const { limit, interval, timeunit } = limits.quota;
    rules.push({ kind: 'quota', name: `${name} quota`, limit, window: Math.max(1, interval) * (units[timeunit] ?? 60_000) });
  }
  return rules;
}

/** Counts in storage, so that any number of processes count as one. */
export class RateCounters {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** Counts one request under every rule; the first rule that it is over, or undefined. */
  async hit(rules: readonly RateRule[]): Promise<RateRule | undefined> {
    if (rules.length === 0) return undefined;
    const { results } = await this.#database.batch(rules.map((rule) => this.#counting(rule)));
    return rules.find((rule, index) => Number(results[index]?.rows[0]?.count ?? 0) > rule.limit);
  }

  #counting({ name, window }: RateRule): Statement {
    const now = this.#clock.now();
    return sql(
      `INSERT INTO counter (name, window_start, count) VALUES (?, ?, 1)
       ON CONFLICT (name) DO UPDATE SET
         count = CASE WHEN counter.window_start = excluded.window_start THEN counter.count + 1 ELSE 1 END,
         window_start = excluded.window_start
       RETURNING count`,
      name,
      now - (now % window),
    );
  }
}
