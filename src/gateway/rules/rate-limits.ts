import type { StoredApplication } from '../../oauth/applications.ts';
import { admitted } from '../../oauth/counters.ts';
import type { StoredProduct } from '../../oauth/products.ts';
import { limitsOf, publishedQuota, RateLimiter } from '../../oauth/rate-limits.ts';
import type { Dependencies } from '../dependencies.ts';
import { errors } from '../errors/catalogue.ts';
import type { Arrival } from './arrival.ts';

type Call = Arrival & { application: StoredApplication; product: StoredProduct };

/**
 * Checks the application's own limits before those of the API, quota before spike arrest. Counts in storage, so that all
 * processes share the limits. An unauthenticated call, such as one with an API key, which is also a public client id, counts for
 * its network: it uses no limit of the application's other calls or of other clients.
 */
export const limitRate = ({ database, clock, options }: Dependencies) => {
  const limiter = new RateLimiter(database, clock);

  async function limitApplication({
    request,
    api,
    application,
    product,
    proven,
  }: Call & { proven: boolean }): Promise<void> {
    if (!application.platform) return;
    const limits = limitsOf(application.platform, [product], api.name);
    const name = `${api.name}:${application.id}`;
    const over = proven
      ? await limiter.exceeded(limits, name)
      : await limiter.exceededByNetwork(limits, `key:${name}`, request.address);
    if (over === 'spikeArrest')
      throw errors.spikeOfApplication(`${application.id} is faster than ${limits?.spikeArrest?.ratelimit}`, {
        application: application.name,
      });
    const { limit, interval, timeunit } = limits?.quota ?? publishedQuota;
    if (over === 'quota')
      throw errors.quotaOfApplication(`${application.id} used its ${limit}`, {
        application: application.name,
        limit,
        interval,
        timeunit,
      });
  }

  async function limitApi({ api, proven }: Call & { proven: boolean }): Promise<void> {
    const limits = options.apiLimits?.[api.name] ?? api.limits;
    const over = await (proven ? limiter.exceeded(limits, api.name) : limiter.wouldExceed(limits, api.name));
    if (over === undefined) return;
    const { quota, spikeArrest } = limits ?? {};
    const limit = over === 'quota' ? `used the ${quota?.limit}` : `are faster than ${spikeArrest?.ratelimit}`;
    throw errors.busyApi(`all clients together ${limit}`, { policy: over });
  }

  return async function limitRate(call: Call, proven = true): Promise<void> {
    await limitApplication({ ...call, proven });
    await limitApi({ ...call, proven });
    const { api, verb, path } = call;
    for (const { name, applies, rate } of api.operationLimits)
      if (
        applies(verb, path) &&
        !(await admitted({ database, clock }, `operation:${api.name}:${name}`, rate))
      )
        throw errors.spikeOfOperation(`${name} is faster than ${rate}`, { operation: name });
  };
};
