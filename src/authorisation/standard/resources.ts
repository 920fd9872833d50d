import { type PlatformRegistration, resourcesOf } from '../../oauth/applications.ts';
import type { Parameters } from '../../oauth/parameters.ts';
import type { TokenRecord } from '../../oauth/token-records.ts';
import type { WithProducts } from '../application/client.ts';
import type { AuthorisationDependencies } from '../dependencies.ts';

/** Most resources in one request. */
const maxResources = 20;

/** The parts of the service that know which resources exist. */
type Platform = Pick<AuthorisationDependencies, 'urls' | 'apiResources'>;

/**
 * Returns the resources that an application may name, with what they mean: the platform, the APIs of its products by address or by name,
 * and its attribute `resources`.
 */
async function allowedResources({ urls, apiResources }: Platform, { client, products }: WithProducts) {
  const addresses = await apiResources?.();
  const meanings = new Map([[urls.api, urls.api]]);
  for (const name of products.flatMap((product) => product.apis))
    for (const resource of [`${urls.api}/${name}`, addresses?.get(name) ?? []].flat())
      meanings.set(resource, name);
  for (const resource of (client.registration.attributes.resources ?? '').split(' ').filter(Boolean))
    if (!meanings.has(resource)) meanings.set(resource, resource);
  return meanings;
}

/**
 * Returns the resources that a request names, each once (RFC 8707 section 2), or those that were granted when it names none.
 * Returns undefined when one is unknown to the application, or was not granted.
 */
export function readResources(
  parameters: Parameters,
  platform: Platform,
  client: WithProducts,
  granted: readonly string[] = [],
): Promise<string[] | undefined> {
  return within(parameters.all('resource'), platform, client, granted);
}

/** The same with `audience` as well as `resource`, which may be the name of an API (RFC 8693 section 2.1). */
export function readTargets(
  parameters: Parameters,
  platform: Platform,
  client: WithProducts,
  granted: readonly string[],
): Promise<string[] | undefined> {
  const named = parameters
    .all('audience')
    .map((name) => (name.includes(':') ? name : `${platform.urls.api}/${name}`));
  return within([...parameters.all('resource'), ...named], platform, client, granted);
}

async function within(
  named: readonly string[],
  platform: Platform,
  client: WithProducts,
  granted: readonly string[],
): Promise<string[] | undefined> {
  const asked = [...new Set(named)];
  if (asked.length === 0) return [...granted];
  if (asked.length > maxResources) return undefined;
  const allowed = await allowedResources(platform, client);
  const meant = new Set(granted.map((resource) => allowed.get(resource) ?? resource));
  const fits = (resource: string): boolean => {
    const meaning = allowed.get(resource);
    return meaning !== undefined && (meant.size === 0 || meant.has(meaning));
  };
  return asked.every(fits) ? asked : undefined;
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
