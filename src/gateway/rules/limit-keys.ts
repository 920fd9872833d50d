import { limitFailures } from '../../oauth/limit-failures.ts';
import { NetworkLimit, networkLimits } from '../../oauth/network-limit.ts';
import type { Dependencies } from '../dependencies.ts';
import { errors } from '../errors/catalogue.ts';
import type { Arrival } from './arrival.ts';

/** Wraps a step that checks an API key: wrong keys count for the sender's network. */
export function limitKeys<K extends Arrival, R>(
  dependencies: Dependencies,
  step: (known: K) => Promise<R>,
): (known: K) => Promise<R> {
  const { failures } = dependencies.networkLimits ?? networkLimits.parse({});
  const limit = new NetworkLimit(dependencies, 'client-authentication', failures);
  return limitFailures(limit, (detail) => errors.busyApi(detail, { policy: 'quota' }), step);
}
