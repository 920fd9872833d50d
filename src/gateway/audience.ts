import type { TokenRecord } from '../oauth/tokens.ts';
import type { Api } from './api.ts';

/** The resources that a token was asked for (RFC 8707); none when it is for the whole platform. */
export const audienceOf = ({ attributes }: TokenRecord): string[] =>
  (attributes.aud ?? '').split(' ').filter(Boolean);

/** Whether a token is for this API: it names no resource, or the platform, or the API by its name or its address. */
export function isFor(token: TokenRecord, api: Api, platform: string): boolean {
  const audience = audienceOf(token);
  const names = [platform, `${platform}/${api.name}`, `${platform}${api.basePath}`];
  return audience.length === 0 || audience.some((resource) => names.includes(resource));
}
