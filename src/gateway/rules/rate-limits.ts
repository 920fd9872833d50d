import type { StoredApplication } from '../../oauth/applications.ts';
import { admitted } from '../../oauth/counters.ts';
import type { StoredProduct } from '../../oauth/products.ts';
import { limitsOf, publishedQuota, RateLimiter } from '../../oauth/rate-limits.ts';
import type { Dependencies } from '../dependencies.ts';
import { faults } from '../faults.ts';
import type { Arrival } from './arrival.ts';

type Call = Arrival & { application: StoredApplication; product: StoredProduct };

/** The application's own limits before those of the API, quota before spike arrest. Counted in storage, so any number of processes are one. */
export const limitRate = ({ database, clock, options }: Dependencies) => {
  const limiter = new RateLimiter(database, clock);

  async function limitApplication({ api, application, product }: Call): Promise<void> {
    if (!application.platform) return;
    const limits = limitsOf(application.platform, [product], api.name);
    const over = await limiter.exceeded(limits, `${api.name}:${application.id}`);
    if (over === 'spikeArrest')
      throw faults.spikeOfApplication(`${application.id} is faster than ${limits?.spikeArrest?.ratelimit}`, {
        application: application.name,
      });
    const { limit, interval, timeunit } = limits?.quota ?? publishedQuota;
    if (over === 'quota')
      throw faults.quotaOfApplication(`${application.id} used its ${limit}`, {
        application: application.name,
        limit,
        interval,
        timeunit,
      });
  }

  async function limitApi({ api }: Call): Promise<void> {
    const limits = options.apiLimits?.[api.name] ?? api.limits;
    const over = await limiter.exceeded(limits, api.name);
    if (over === undefined) return;
    const { quota, spikeArrest } = limits ?? {};
    const limit = over === 'quota' ? `used the ${quota?.limit}` : `are faster than ${spikeArrest?.ratelimit}`;
    throw faults.busyApi(`all clients together ${limit}`, { policy: over });
  }

  return async function limitRate(call: Call): Promise<void> {
    await limitApplication(call);
    await limitApi(call);
    const { api, verb, path } = call;
    for (const { name, applies, rate } of api.operationLimits)
      if (
        applies(verb, path) &&
        !(await admitted({ database, clock }, `operation:${api.name}:${name}`, rate))
      )
        throw faults.spikeOfOperation(`${name} is faster than ${rate}`, { operation: name });
  };
};
