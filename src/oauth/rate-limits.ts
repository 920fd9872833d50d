import type { Clock } from '@alongside/kernel/clock';
import { z } from 'zod';
import type { Database, Statement } from '../storage/database.ts';
import { onceFor } from '../storage/row.ts';
import type { PlatformRegistration } from './applications.ts';
import {
  type Counters,
  gapOf,
  isAfterGap,
  isWithinQuota,
  quotaStatement,
  spikeStatement,
  windowOf,
} from './counters.ts';
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
const maxAttributeLength = 10_000;

/** Returns the limits in the attribute of an application, by API or for all (`app`). Ignores a malformed attribute. */
const limitsInAttribute = onceFor(({ attributes: { ratelimiting } }: PlatformRegistration) => {
  if (ratelimiting === undefined || ratelimiting.length > maxAttributeLength) return undefined;
  try {
    return limitsByApi.safeParse(JSON.parse(ratelimiting)).data;
  } catch {
    return undefined;
  }
});

const completed = (own: RateLimits): RateLimits => ({
  ...own,
  quota: { ...publishedQuota, ...own.quota },
});

/** Requests in each millisecond. */
const speedOf = ({ quota }: RateLimits): number =>
  quota?.enabled ? quota.limit / windowOf(quota) : Number.POSITIVE_INFINITY;

/**
 * Returns the limits of an application at an API: its own (attribute `ratelimiting`), or the highest of its products with the API.
 * Returns null if one of those is unlimited. Published limits are the default.
 */
export function limitsOf(
  registration: PlatformRegistration,
  products: readonly Product[],
  api: string,
): RateLimits | null {
  const own = limitsInAttribute(registration);
  const its = own && (Object.hasOwn(own, api) ? own[api] : own.app);
  if (its) return completed(its);
  let highest: RateLimits | undefined;
  for (const { apis, limits } of products) {
    if (!apis.includes(api)) continue;
    if (limits === null) return null;
    const complete = completed(limits);
    if (!highest || speedOf(complete) > speedOf(highest)) highest = complete;
  }
  return highest ?? completed({});
}

export type LimitName = 'quota' | 'spikeArrest';

/** A limit that a request must stay within. */
interface Limit {
  readonly limit: LimitName;
  /** Counts the request, or changes no row if it would exceed the limit. */
  writeStatement(): Statement;
  /** Returns whether another request would be within it. Counts nothing. */
  holds(): Promise<boolean>;
}

/** Counts requests in storage, for all processes together. */
export class RateLimiter {
  readonly #counters: Counters;

  constructor(database: Database, clock: Clock) {
    this.#counters = { database, clock };
  }

  /** Returns the limits of requests under this name, quota first. */
  under(limits: RateLimits | null, name: string): Limit[] {
    const { quota, spikeArrest } = limits ?? {};
    const counters = this.#counters;
    const found: Limit[] = [];
    if (quota?.enabled)
      found.push({
        limit: 'quota',
        writeStatement: () => quotaStatement(counters.clock, `quota:${name}`, quota),
        holds: () => isWithinQuota(counters, `quota:${name}`, quota),
      });
    const gap = spikeArrest?.enabled ? gapOf(spikeArrest.ratelimit) : undefined;
    if (gap !== undefined)
      found.push({
        limit: 'spikeArrest',
        writeStatement: () => spikeStatement(counters.clock, `spike:${name}`, gap),
        holds: () => isAfterGap(counters, `spike:${name}`, gap),
      });
    return found;
  }

  /** Counts one request under this name. Returns the limit that it exceeds, quota first, or undefined. */
  async exceeded(limits: RateLimits | null, name: string): Promise<LimitName | undefined> {
    for (const { limit, writeStatement } of this.under(limits, name))
      if ((await this.#counters.database.run(writeStatement())).changes === 0) return limit;
    return undefined;
  }

  /** Returns the limit that another request under this name would exceed. Counts nothing. */
  async wouldExceed(limits: RateLimits | null, name: string): Promise<LimitName | undefined> {
    for (const { limit, holds } of this.under(limits, name)) if (!(await holds())) return limit;
    return undefined;
  }

  /** Counts one request of an unauthenticated client. Each network has these limits. */
  async exceededByNetwork(
    limits: RateLimits | null,
    name: string,
    address: string,
  ): Promise<LimitName | undefined> {
    const { quota, spikeArrest } = limits ?? {};
    const admits = (kind: string, limit: number, length: number): Promise<boolean> =>
      new NetworkLimit(this.#counters, `${kind}:${name}`, limit, length).admits(address);
    if (quota?.enabled && !(await admits('quota', quota.limit, windowOf(quota)))) return 'quota';
    const gap = spikeArrest?.enabled ? gapOf(spikeArrest.ratelimit) : undefined;
    return gap !== undefined && !(await admits('spike', 1, gap)) ? 'spikeArrest' : undefined;
  }
}
