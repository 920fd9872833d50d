import type { TokenRecord } from '../oauth/tokens.ts';
import type { Api } from './api.ts';

/** Returns the requested resources of a token (RFC 8707); empty if it is for the whole platform. */
export const audienceOf = ({ attributes }: TokenRecord): string[] =>
  (attributes.aud ?? '').split(' ').filter(Boolean);

/** Returns whether a token is for this API: it names no resource, the platform, or the API by name or address. */
export function isFor(token: TokenRecord, api: Api, platform: string): boolean {
  const audience = audienceOf(token);
  const names = [platform, `${platform}/${api.name}`, `${platform}${api.basePath}`];
  return audience.length === 0 || audience.some((resource) => names.includes(resource));
}
