import { json } from '@alongside/kernel/answer';
import type { Endpoint } from '@alongside/kernel/http';
import type { SigningKeys } from '@alongside/kernel/keys';
import { acrValues } from './acr.ts';
import { promptValues } from './authorize/prompt.ts';
import { schemaPaths } from './schemas.ts';
import { claimValues, scopeValues } from './scopes.ts';

/** Paths below the issuer, as ForgeRock's product names them. */
export const revocationPath = '/token/revoke';
export const introspectionPath = '/introspect';

const signing = ['RS256', 'ES256', 'PS256'];

/** How clients authenticate at one endpoint (RFC 8414 section 2). */
const authenticationAt = (endpoint: 'token' | 'revocation' | 'introspection'): Record<string, string[]> => ({
  [`${endpoint}_endpoint_auth_methods_supported`]: [
    'client_secret_post',
    'client_secret_basic',
    'private_key_jwt',
  ],
  [`${endpoint}_endpoint_auth_signing_alg_values_supported`]: ['RS256', 'RS512', 'ES256', 'PS256'],
});

/** The discovery document (OpenID Connect Discovery section 3), as it is reconstructed for CIS2. Addresses carry the issuer byte for byte. */
export const discoveryDocument = (
  issuer: string,
  overrides: Record<string, unknown> = {},
): Record<string, unknown> => ({
  issuer,
  authorization_endpoint: `${issuer}/authorize`,
  token_endpoint: `${issuer}/access_token`,
  userinfo_endpoint: `${issuer}/userinfo`,
  jwks_uri: `${issuer}/connect/jwk_uri`,
  end_session_endpoint: `${issuer}/connect/endSession`,
  response_types_supported: ['code'],
  response_modes_supported: ['query', 'form_post'],
  grant_types_supported: ['authorization_code', 'refresh_token'],
  scopes_supported: scopeValues,
  acr_values_supported: acrValues,
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: signing,
  userinfo_signing_alg_values_supported: signing,
  ...authenticationAt('token'),
  revocation_endpoint: `${issuer}${revocationPath}`,
  ...authenticationAt('revocation'),
  introspection_endpoint: `${issuer}${introspectionPath}`,
  ...authenticationAt('introspection'),
  code_challenge_methods_supported: ['S256'],
  prompt_values_supported: promptValues,
  claim_types_supported: ['normal'],
  claims_supported: [
    'iss',
    'aud',
    'exp',
    'iat',
    'auth_time',
    'acr',
    'amr',
    'sid',
    'id_assurance_level',
    'authentication_assurance_level',
    ...claimValues,
  ],
  claims_parameter_supported: true,
  request_parameter_supported: false,
  request_uri_parameter_supported: false,
  authorization_response_iss_parameter_supported: true,
  backchannel_logout_supported: true,
  backchannel_logout_session_supported: true,
  id_token_schema_uri: new URL(schemaPaths.idToken, issuer).href,
  userinfo_schema_uri: new URL(schemaPaths.userinfo, issuer).href,
  ...overrides,
});

/** `GET /.well-known/openid-configuration`. */
export function createDiscovery(issuer: string, overrides?: Record<string, unknown>): Endpoint {
  const document = discoveryDocument(issuer, overrides);
  return async () => json(200, document, { 'cache-control': 'public, max-age=3600' });
}

/** `GET /connect/jwk_uri`: also the key that signs hand-off requests. */
export const createKeySet =
  (keys: SigningKeys): Endpoint =>
  async () =>
    json(200, await keys.jwks(), { 'cache-control': 'public, max-age=300' });
