import type { Clock } from '@alongside/kernel/clock';
import { z } from 'zod';
import type { Database } from '../storage/database.ts';
import type { PlatformRegistration } from './applications.ts';
import { admitted, type Counters, counted, gapOf, readCounts, windowOf } from './counters.ts';
import { NetworkLimit } from './network-limit.ts';
import type { Product, RateLimits } from './products.ts';

type Quota = NonNullable<RateLimits['quota']>;

/** What the platform allows where a registration says nothing: 300 requests a minute for each application at each API. */
export const publishedQuota: Quota = { enabled: true, limit: 300, interval: 1, timeunit: 'minute' };

const count = z.number().int().nonnegative();

/** Limits as registrations and configuration write them (NHSDigital/api-management-utils, rate_limiting_config.py). What a quota leaves out is as published. */
const limits = z.strictObject({
  quota: z
    .strictObject({
      enabled: z.boolean().default(publishedQuota.enabled),
      limit: count.default(publishedQuota.limit),
      interval: count.min(1).default(publishedQuota.interval),
      timeunit: z.enum(['minute', 'hour', 'day', 'week', 'month']).default('minute'),
    })
    .optional(),
  spikeArrest: z
    .strictObject({
      enabled: z.boolean().default(true),
      ratelimit: z
        .string()
        .refine((rate) => gapOf(rate) !== undefined, 'must be a rate such as 300pm or 5ps'),
    })
    .optional(),
});

/** Limits by the name of an API. */
export const limitsByApi = z.record(z.string(), limits);

/** Longest attribute `ratelimiting` that is read, in characters. */
const longestAttribute = 10_000;

/** What the application's own attribute says: of this API, else of all (`app`). One that is malformed says nothing. */
function ownLimits(
  { attributes: { ratelimiting } }: PlatformRegistration,
  api: string,
): RateLimits | undefined {
  if (ratelimiting === undefined || ratelimiting.length > longestAttribute) return undefined;
  try {
    const own = limitsByApi.safeParse(JSON.parse(ratelimiting)).data;
    return own && (Object.hasOwn(own, api) ? own[api] : own.app);
  } catch {
    return undefined;
  }
}

const completed = (own: RateLimits): RateLimits => ({
  ...own,
  quota: { ...publishedQuota, ...own.quota },
});

/** Requests in each millisecond. */
const speedOf = ({ quota }: RateLimits): number =>
  quota?.enabled ? quota.limit / windowOf(quota) : Number.POSITIVE_INFINITY;

/**
 * The limits of one application at one API: its own (attribute `ratelimiting`), else the most generous of its products
 * that hold the API. Null when one of those lifts them; what is left out is as published.
 */
export function limitsOf(
  registration: PlatformRegistration,
  products: readonly Product[],
  api: string,
): RateLimits | null {
  const own = ownLimits(registration, api);
  if (own) return completed(own);
  const found = products.filter(({ apis }) => apis.includes(api)).map(({ limits }) => limits);
  if (found.includes(null)) return null;
  const complete = found.map((limits) => completed(limits ?? {}));
  return complete.sort((a, b) => speedOf(b) - speedOf(a))[0] ?? completed({});
}

type Exceeded = 'quota' | 'spikeArrest' | undefined;

/** Counts in storage, so that any number of processes count as one. */
export class RateLimiter {
  readonly #counters: Counters;

  constructor(database: Database, clock: Clock) {
    this.#counters = { database, clock };
  }

  /** Counts one request under this name; the limit that it is over, quota first, or undefined. */
  async exceeded(limits: RateLimits | null, name: string): Promise<Exceeded> {
    const { quota, spikeArrest } = limits ?? {};
    if (quota?.enabled && (await counted(this.#counters, `quota:${name}`, quota)) > quota.limit)
      return 'quota';
    if (!spikeArrest?.enabled) return undefined;
    return (await admitted(this.#counters, `spike:${name}`, spikeArrest.ratelimit))
      ? undefined
      : 'spikeArrest';
  }

  /** Returns the limit that one more request under this name would be over, and counts nothing. */
  async wouldExceed(limits: RateLimits | null, name: string): Promise<Exceeded> {
    const { quota, spikeArrest } = limits ?? {};
    const names = [
      ...(quota?.enabled ? [`quota:${name}`] : []),
      ...(spikeArrest?.enabled ? [`spike:${name}`] : []),
    ];
    if (names.length === 0) return undefined;
    const now = this.#counters.clock.now();
    const counts = await readCounts(this.#counters, names);
    if (quota?.enabled) {
      const found = counts.get(`quota:${name}`);
      const length = windowOf(quota);
      const used = found?.start === Math.floor(now / length) * length ? found.count : 0;
      if (used >= quota.limit) return 'quota';
    }
    const last = spikeArrest?.enabled ? counts.get(`spike:${name}`)?.start : undefined;
    const gap = gapOf(spikeArrest?.ratelimit ?? '') ?? 0;
    return last !== undefined && last <= now && last + gap > now ? 'spikeArrest' : undefined;
  }

  /** Counts one request of a client that proves nothing: each network has these limits for itself. */
  async exceededByNetwork(limits: RateLimits | null, name: string, address: string): Promise<Exceeded> {
    const { quota, spikeArrest } = limits ?? {};
    const admits = (kind: string, limit: number, length: number): Promise<boolean> =>
      new NetworkLimit(this.#counters, `${kind}:${name}`, limit, length).admits(address);
    if (quota?.enabled && !(await admits('quota', quota.limit, windowOf(quota)))) return 'quota';
    const gap = spikeArrest?.enabled ? gapOf(spikeArrest.ratelimit) : undefined;
    return gap !== undefined && !(await admits('spike', 1, gap)) ? 'spikeArrest' : undefined;
  }
}
