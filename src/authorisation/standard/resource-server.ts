import type { PlatformRegistration } from '../../oauth/applications.ts';
import { resourcesOf } from '../../oauth/resource-servers.ts';
import type { TokenRecord } from '../../oauth/tokens.ts';
import { audienceOf } from './resources.ts';

/** Whether a resource server may know of a token: one that names its resources sees those tokens that are for them. */
export function mayKnowOf(server: PlatformRegistration, record: TokenRecord): boolean {
  const own = resourcesOf(server);
  if (own === null) return false;
  const audience = audienceOf(record.attributes);
  return own.length === 0 || audience.length === 0 || audience.some((resource) => own.includes(resource));
}
