import type { Clock } from './clock.ts';
import type { ProviderEndpoints } from './config.ts';
import { checkedUrl } from './config.ts';
import { ClientError } from './errors.ts';
import type { Fetch } from './http.ts';
import { createMetadata, openidConfigurationUrl } from './metadata.ts';

/** An OpenID provider, from its metadata or the settings. */
export interface Provider extends ProviderEndpoints {
  /** Whether PKCE is used. */
  pkce: boolean;
  /** Whether every response must name its issuer. // RFC 9207 section 3 */
  issuerInAnswer: boolean;
  /** Whether a request may name claims. // OpenID Connect Core 1.0 section 5.5 */
  takesClaims: boolean;
}

/** The source of a provider's addresses. */
export interface ProviderSource {
  issuer: string;
  endpoints?: ProviderEndpoints | undefined;
  pkce?: boolean | 'auto' | undefined;
  fetch: Fetch;
  clock: Clock;
}

/** Returns a provider's addresses: those of the settings, else by discovery, cached for at most an hour. */
export function createProvider(source: ProviderSource): (signal?: AbortSignal) => Promise<Provider> {
  const { issuer, endpoints, pkce = 'auto' } = source;
  if (endpoints) {
    const { endSessionUrl } = endpoints;
    const fixed: Provider = {
      authorizeUrl: checkedUrl('endpoints.authorizeUrl', endpoints.authorizeUrl),
      tokenUrl: checkedUrl('endpoints.tokenUrl', endpoints.tokenUrl),
      userinfoUrl: checkedUrl('endpoints.userinfoUrl', endpoints.userinfoUrl),
      jwksUrl: checkedUrl('endpoints.jwksUrl', endpoints.jwksUrl),
      endSessionUrl: endSessionUrl && checkedUrl('endpoints.endSessionUrl', endSessionUrl),
      pkce: pkce === true,
      issuerInAnswer: false,
      takesClaims: false,
    };
    return async () => fixed;
  }
  const metadata = createMetadata({ ...source, url: openidConfigurationUrl(issuer) });
  return async (signal) => {
    const found = await metadata(signal);
    if (!found.jwks_uri || !found.userinfo_endpoint)
      throw new ClientError('metadata_invalid', 'The metadata lacks jwks_uri or userinfo_endpoint.');
    const listsS256 = found.code_challenge_methods_supported?.includes('S256') ?? false;
    return {
      authorizeUrl: found.authorization_endpoint,
      tokenUrl: found.token_endpoint,
      userinfoUrl: found.userinfo_endpoint,
      jwksUrl: found.jwks_uri,
      endSessionUrl: found.end_session_endpoint,
      pkce: pkce === 'auto' ? listsS256 : pkce,
      issuerInAnswer: found.authorization_response_iss_parameter_supported === true,
      takesClaims: found.claims_parameter_supported === true,
    };
  };
}
