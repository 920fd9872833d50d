import { check } from '@alongside/kernel/steps';
import type { StoredApplication } from '../../oauth/applications.ts';
import { admitted } from '../../oauth/counters.ts';
import type { RateLimits } from '../../oauth/products.ts';
import { publishedQuota } from '../../oauth/rate-limits.ts';
import type { Access } from '../access.ts';
import type { OperationLimit } from '../api.ts';
import { errors } from '../errors/catalogue.ts';
import type { Arrival } from './request.ts';

export type LimitedCall = Arrival & { application: StoredApplication; access: Access };

/** Limits that apply to a call. */
interface Limits {
  /** Of the application. */
  own: RateLimits | null;
  /** Of all clients together. */
  shared: RateLimits | null;
  operations: readonly OperationLimit[];
}

async function limitApplication(
  { gateway, request, api, application }: LimitedCall,
  limits: RateLimits,
  isProven: boolean,
): Promise<void> {
  const name = `${api.name}:${application.id}`;
  const over = isProven
    ? await gateway.limiter.exceeded(limits, name)
    : await gateway.limiter.exceededByNetwork(limits, `key:${name}`, request.address);
  if (over === 'spikeArrest')
    throw errors.spikeOfApplication(`${application.id} is faster than ${limits.spikeArrest?.ratelimit}`, {
      application: application.name,
    });
  const { limit, interval, timeunit } = limits.quota ?? publishedQuota;
  if (over === 'quota')
    throw errors.quotaOfApplication(`${application.id} used its ${limit}`, {
      application: application.name,
      limit,
      interval,
      timeunit,
    });
}

async function limitApi(
  { gateway: { limiter }, api }: Arrival,
  limits: RateLimits,
  isProven: boolean,
): Promise<void> {
  const over = await (isProven ? limiter.exceeded(limits, api.name) : limiter.wouldExceed(limits, api.name));
  if (over === undefined) return;
  const { quota, spikeArrest } = limits;
  const limit = over === 'quota' ? `used the ${quota?.limit}` : `are faster than ${spikeArrest?.ratelimit}`;
  throw errors.busyApi(`all clients together ${limit}`, { policy: over });
}

async function countCall(
  call: LimitedCall,
  { own, shared, operations }: Limits,
  isProven: boolean,
): Promise<void> {
  if (own) await limitApplication(call, own, isProven);
  if (shared) await limitApi(call, shared, isProven);
  for (const { name, rate } of operations)
    if (!(await admitted(call.gateway, `operation:${call.api.name}:${name}`, rate)))
      throw errors.spikeOfOperation(`${name} is faster than ${rate}`, { operation: name });
}

/**
 * Checks the application's own limits before those of the API, quota before spike arrest. Counts in storage, so that all
 * processes share the limits. Returns undefined if no limit applies.
 * @param isProven false for a call with an API key, which is also a public client id: it counts for its network, and uses no limit
 * of the application's other calls or of other clients
 */
export function limitCall(call: LimitedCall, isProven: boolean): Promise<void> | undefined {
  const { gateway, api, access, verb, path } = call;
  const own = access.limits;
  const shared = gateway.options.apiLimits?.[api.name] ?? api.limits;
  const operations = api.operationLimits.filter(({ applies }) => applies(verb, path));
  if (!own && !shared && operations.length === 0) return undefined;
  return countCall(call, { own, shared, operations }, isProven);
}

/** Limits a call with a token. */
export const limitRate = check('rate', function limitRate(call: LimitedCall): Promise<void> | undefined {
  return limitCall(call, true);
});
