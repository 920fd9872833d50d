import type { Clock } from '@alongside/kernel/clock';
import { z } from 'zod';
import type { Database } from '../storage/database.ts';
import type { PlatformRegistration } from './applications.ts';
import { admitted, type Counters, counted, gapOf, readCounts, windowOf } from './counters.ts';
import { NetworkLimit } from './network-limit.ts';
import type { Product, RateLimits } from './products.ts';

type Quota = NonNullable<RateLimits['quota']>;

/** Published default: 300 requests a minute for each application at each API. */
export const publishedQuota: Quota = { enabled: true, limit: 300, interval: 1, timeunit: 'minute' };

const count = z.number().int().nonnegative();

/** Limits in registrations and configuration (NHSDigital/api-management-utils, rate_limiting_config.py), with published defaults. */
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

/** Maximum length of the attribute `ratelimiting` in characters. */
const longestAttribute = 10_000;

/** Returns the limits in the attribute of an application, for this API or for all (`app`). Ignores a malformed attribute. */
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
 * Returns the limits of an application at an API: its own (attribute `ratelimiting`), or the highest of its products with the API.
 * Returns null if one of those has no limits. Published limits are the default.
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

/** Counts requests in storage, for all processes together. */
export class RateLimiter {
  readonly #counters: Counters;

  constructor(database: Database, clock: Clock) {
    this.#counters = { database, clock };
  }

  /** Counts one request under this name. Returns the limit that it exceeds, quota first, or undefined. */
  async exceeded(limits: RateLimits | null, name: string): Promise<Exceeded> {
    const { quota, spikeArrest } = limits ?? {};
    if (quota?.enabled && (await counted(this.#counters, `quota:${name}`, quota)) > quota.limit)
      return 'quota';
    if (!spikeArrest?.enabled) return undefined;
    return (await admitted(this.#counters, `spike:${name}`, spikeArrest.ratelimit))
      ? undefined
      : 'spikeArrest';
  }

  /** Returns the limit that another request under this name would exceed. Counts nothing. */
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

  /** Counts one request of an unauthenticated client. Each network has these limits. */
  async exceededByNetwork(limits: RateLimits | null, name: string, address: string): Promise<Exceeded> {
    const { quota, spikeArrest } = limits ?? {};
    const admits = (kind: string, limit: number, length: number): Promise<boolean> =>
      new NetworkLimit(this.#counters, `${kind}:${name}`, limit, length).admits(address);
    if (quota?.enabled && !(await admits('quota', quota.limit, windowOf(quota)))) return 'quota';
    const gap = spikeArrest?.enabled ? gapOf(spikeArrest.ratelimit) : undefined;
    return gap !== undefined && !(await admits('spike', 1, gap)) ? 'spikeArrest' : undefined;
  }
}
