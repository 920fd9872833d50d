import { claimsOfScopes } from './claims.ts';
import type { OpenIdProvider } from './providers.ts';

interface OpenIdEndpoints {
  readonly userinfo: string;
  /** Undefined if users cannot sign out here. */
  readonly endSession: string | undefined;
}

const signInClaims = ['iss', 'aud', 'exp', 'iat', 'auth_time', 'acr', 'amr', 'sid'];

/** Returns the members of an OpenID provider besides those of its authorization server (OpenID Connect Discovery section 3). */
export const openIdMetadata = (
  { scopes, algorithms, claimsParameter, moreClaims }: OpenIdProvider,
  { userinfo, endSession }: OpenIdEndpoints,
): Record<string, unknown> => ({
  userinfo_endpoint: userinfo,
  ...(endSession === undefined ? {} : { end_session_endpoint: endSession }),
  scopes_supported: scopes,
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: algorithms,
  claim_types_supported: ['normal'],
  claims_supported: [...signInClaims, ...moreClaims, ...claimsOfScopes(scopes)],
  claims_parameter_supported: claimsParameter,
  backchannel_logout_supported: true,
  backchannel_logout_session_supported: true,
});
