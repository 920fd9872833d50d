import { json } from '@alongside/kernel/answer';
import { type HttpRequest, plainError, type Route } from '@alongside/kernel/http';
import { kernelErrors } from '@alongside/kernel/kernel-errors';
import { readOnly, route } from '@alongside/kernel/route';
import { announcedProofAlgorithms } from '../oauth/dpop.ts';
import { addressOf, type GatewayUrls, mutualTlsOf, originOf } from './addresses.ts';
import type { Api } from './api.ts';
import type { ServedApis } from './definitions/served.ts';
import type { Gateway } from './dependencies.ts';

const wellKnown = '/.well-known/oauth-protected-resource';

/** Returns the address of the metadata of an API: the well-known path precedes the path of the resource (RFC 9728 section 3.1). */
export const metadataUrl = (urls: GatewayUrls, api: Api): string =>
  `${originOf(urls, api)}${wellKnown}${api.basePath}`;

/** Returns the metadata of an API as a protected resource (RFC 9728 section 2). */
function metadataOf(gateway: Gateway, api: Api): object {
  const { urls } = gateway;
  const { name, title, modes } = api;
  const scopes = [...new Set(modes.flatMap(({ granted }) => granted.scopes ?? []))];
  return {
    resource: addressOf(urls, api),
    authorization_servers: [`${urls.api}/oauth2.1`],
    ...(scopes.length > 0 ? { scopes_supported: scopes } : {}),
    bearer_methods_supported: ['header'],
    resource_name: title ?? name,
    dpop_signing_alg_values_supported: announcedProofAlgorithms,
    ...(mutualTlsOf(gateway, api) === undefined ? {} : { tls_client_certificate_bound_access_tokens: true }),
  };
}

/** `/.well-known/oauth-protected-resource/BASE-PATH` of the APIs of an origin. Any page may read it. */
export function metadataRoutes(gateway: Gateway, apis: readonly Api[], served?: ServedApis): Route[] {
  async function show(request: HttpRequest) {
    const path = request.path.slice(wellKnown.length);
    const found = apis.find(({ basePath }) => basePath === path) ?? (await served?.at(path))?.api;
    if (found?.basePath !== path) throw kernelErrors.nothingHere('no API has this base path');
    return json(200, metadataOf(gateway, found), { 'access-control-allow-origin': '*' });
  }
  return route(`${wellKnown}/*`, readOnly({ endpoint: show, errors: plainError }));
}
