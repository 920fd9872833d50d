import type { PlatformHalf } from '../../oauth/applications.ts';
import type { TokenRecord } from '../../oauth/tokens.ts';
import { audienceOf } from './resources.ts';

/** Whether a resource server may know of a token: one that names its resources sees those tokens that are for them. */
export function mayKnowOf({ attributes }: PlatformHalf, record: TokenRecord): boolean {
  const { 'resource-server': isServer, resources = '' } = attributes;
  if (isServer !== 'true') return false;
  const [own, audience] = [resources.split(' ').filter(Boolean), audienceOf(record.attributes)];
  return own.length === 0 || audience.length === 0 || audience.some((resource) => own.includes(resource));
}
