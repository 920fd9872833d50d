import { type PlatformRegistration, resourcesOf } from '../../oauth/applications.ts';
import type { Parameters } from '../../oauth/parameters.ts';
import type { TokenRecord } from '../../oauth/token-records.ts';
import type { WithProducts } from '../application/client.ts';

/** Most resources in one request. */
const mostResources = 20;

/** Returns the resources that an application may name: the platform, the APIs of its products, and its attribute `resources`. */
function allowedResources(api: string, { client, products }: WithProducts): Set<string> {
  const apis = products.flatMap((product) => product.apis);
  const registered = (client.registration.attributes.resources ?? '').split(' ').filter(Boolean);
  return new Set([api, ...apis.map((name) => `${api}/${name}`), ...registered]);
}

/**
 * Returns the resources that a request names, each once (RFC 8707 section 2), or those that were granted when it names none.
 * Returns undefined when one is unknown to the application, or was not granted.
 */
export function readResources(
  parameters: Parameters,
  api: string,
  client: WithProducts,
  granted: readonly string[] = [],
): string[] | undefined {
  return within(parameters.all('resource'), api, client, granted);
}

/** The same with `audience` as well as `resource`, which may be the name of an API (RFC 8693 section 2.1). */
export function readTargets(
  parameters: Parameters,
  api: string,
  client: WithProducts,
  granted: readonly string[],
): string[] | undefined {
  const named = parameters.all('audience').map((name) => (name.includes(':') ? name : `${api}/${name}`));
  return within([...parameters.all('resource'), ...named], api, client, granted);
}

function within(
  named: readonly string[],
  api: string,
  client: WithProducts,
  granted: readonly string[],
): string[] | undefined {
  const asked = [...new Set(named)];
  if (asked.length === 0) return [...granted];
  const allowed = allowedResources(api, client);
  const fits = (resource: string): boolean =>
    allowed.has(resource) && (granted.length === 0 || granted.includes(resource));
  return asked.length <= mostResources && asked.every(fits) ? asked : undefined;
}

/** Attribute of tokens: the resources at which they may be used, space separated. */
export const audienceAttribute = 'aud';

/** Returns the resources of a stored token. */
export const audienceOf = (attributes: Readonly<Record<string, string>>): string[] =>
  (attributes[audienceAttribute] ?? '').split(' ').filter(Boolean);

/** Whether a resource server may inspect a token: one with registered resources sees the tokens for them. */
export function mayKnowOf(server: PlatformRegistration, record: TokenRecord): boolean {
  const own = resourcesOf(server);
  if (own === null) return false;
  const audience = audienceOf(record.attributes);
  return own.length === 0 || audience.length === 0 || audience.some((resource) => own.includes(resource));
}
