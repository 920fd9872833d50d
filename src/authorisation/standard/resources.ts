import type { Parameters } from '../../oauth/parameters.ts';
import type { WithProducts } from '../application/client.ts';

/** Most resources in one request. */
const mostResources = 20;

/** What an application may name as a resource: the platform, an API of its products, and what its attribute `resources` registers. */
function known(api: string, { client, products }: WithProducts): Set<string> {
  const apis = products.flatMap((product) => product.apis);
  const registered = (client.registration.attributes.resources ?? '').split(' ').filter(Boolean);
  return new Set([api, ...apis.map((name) => `${api}/${name}`), ...registered]);
}

/**
 * The resources that a request names, each once (RFC 8707 section 2): undefined when one is unknown to the application,
 * or beyond those that were granted before. An empty list means that it names none.
 */
export function readResources(
  parameters: Parameters,
  api: string,
  client: WithProducts,
  granted: readonly string[] = [],
): string[] | undefined {
  return within(parameters.all('resource'), api, client, granted);
}

/** The same with `audience` beside `resource`, which names an API by its name alone (RFC 8693 section 2.1). */
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
  const allowed = known(api, client);
  const fits = (resource: string): boolean =>
    allowed.has(resource) && (granted.length === 0 || granted.includes(resource));
  return asked.length <= mostResources && asked.every(fits) ? asked : undefined;
}

/** Attribute of tokens: the resources at which they may be used, space separated. */
export const audienceAttribute = 'aud';

/** The resources of a stored token. */
export const audienceOf = (attributes: Readonly<Record<string, string>>): string[] =>
  (attributes[audienceAttribute] ?? '').split(' ').filter(Boolean);
