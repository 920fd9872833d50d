import type { StoredApplication } from '../../oauth/applications.ts';
import { admitted, type Counters, counted } from '../../oauth/counters.ts';
import type { RateLimits, StoredProduct } from '../../oauth/products.ts';
import type { Api } from '../api.ts';
import type { Dependencies } from '../dependencies.ts';
import { faults } from '../faults.ts';
import type { Arrival } from './arrival.ts';

/** The platform's own limit where a product says nothing: five a second, counted by the minute. */
const publishedQuota = { enabled: true, limit: 300, interval: 1, timeunit: 'minute' };

async function limitApplication(
  counters: Counters,
  api: Api,
  application: StoredApplication,
  limits: RateLimits | null,
) {
  if (limits === null) return;
  const quota = limits.quota ?? publishedQuota;
  const name = `${api.name}:${application.id}`;
  if (quota.enabled && (await counted(counters, `quota:${name}`, quota)) > quota.limit)
    throw faults.quotaOfApplication(`${application.id} used its ${quota.limit}`, {
      application: application.name,
      limit: quota.limit,
      interval: quota.interval,
      timeunit: quota.timeunit,
    });
  const spike = limits.spikeArrest;
  if (spike?.enabled && !(await admitted(counters, `spike:${name}`, spike.ratelimit)))
    throw faults.spikeOfApplication(`${application.id} is faster than ${spike.ratelimit}`, {
      application: application.name,
    });
}

async function limitApi(counters: Counters, { name, limits }: Api) {
  const quota = limits?.quota;
  if (quota?.enabled && (await counted(counters, `quota:${name}`, quota)) > quota.limit)
    throw faults.busyApi(`all clients together used the ${quota.limit}`);
  const spike = limits?.spikeArrest;
  if (spike?.enabled && !(await admitted(counters, `spike:${name}`, spike.ratelimit)))
    throw faults.busyApi(`all clients together are faster than ${spike.ratelimit}`);
}

/** Quota first, then spike arrest; the application's own before those of the API. Counted in storage, so any number of processes are one. */
export const limitRate = ({ database, clock }: Dependencies) =>
  async function limitRate(
    call: Arrival & { application: StoredApplication; product: StoredProduct },
  ): Promise<void> {
    const { api, application, product, verb, path } = call;
    const counters = { database, clock };
    await limitApplication(counters, api, application, product.limits);
    await limitApi(counters, api);
    for (const { name, applies, rate } of api.operationLimits)
      if (applies(verb, path) && !(await admitted(counters, `operation:${api.name}:${name}`, rate)))
        throw faults.spikeOfOperation(`${name} is faster than ${rate}`, { operation: name });
  };
