import { check } from '@alongside/kernel/steps';
import type { StoredApplication } from '../../oauth/applications.ts';
import { withinSecond } from '../../oauth/counters.ts';
import type { RateLimits } from '../../oauth/products.ts';
import { publishedQuota } from '../../oauth/rate-limits.ts';
import type { Access } from '../access.ts';
import { errors } from '../errors/catalogue.ts';
import type { Arrival, WithHeaders } from './request.ts';

export type LimitedCall = WithHeaders & { application: StoredApplication; access: Access };

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

/**
 * Checks the application's own limits before those of the API, quota before spike arrest. Counts in storage, so that all
 * processes share the limits.
 * @param isProven false for a call with an API key, which is also a public client id: it counts for its network, and uses no limit
 * of the application's other calls or of other clients
 */
export function limitCall(call: LimitedCall, isProven: boolean): Promise<void> | undefined {
  const { gateway, api, access } = call;
  const shared = gateway.options.apiLimits?.[api.name] ?? api.limits;
  return access.limits || shared || api.operationLimits.length > 0
    ? checkLimits(call, shared, isProven)
    : undefined;
}

async function checkLimits(call: LimitedCall, shared: RateLimits | null, isProven: boolean): Promise<void> {
  const { gateway, api, access, verb, path, trace } = call;
  if (access.limits) await limitApplication(call, access.limits, isProven);
  if (shared) await limitApi(call, shared, isProven);
  for (const { name, applies, perSecond } of api.operationLimits) {
    if (!applies(verb, path)) continue;
    if (await withinSecond(gateway, `operation:${api.name}:${name}`, perSecond)) continue;
    const refusal = errors.spikeOfOperation(`${name} is faster than ${perSecond} a second`, {
      operation: name,
    });
    if (!api.answersRepeated || !call.client.has('x-request-id')) throw refusal;
    trace.over = refusal;
  }
}

/** Limits a call with a token. */
export const limitRate = check('rate', function limitRate(call: LimitedCall): Promise<void> | undefined {
  return limitCall(call, true);
});
