import { proofAlgorithms } from '../../oauth/dpop.ts';
import type { Base } from '../base.ts';
import { assertionAlgorithms } from './clients/private-key-jwt.ts';
import { clientMethods } from './clients/registry.ts';
import { grants } from './grants/registry.ts';
import { introspectionAlgorithms } from './introspect.ts';

/** Where the metadata of a base path stands (RFC 8414 section 3.1). */
export const metadataPath = (base: Base): string => `/.well-known/oauth-authorization-server${base.path}`;

/** What clients may know of this base path (RFC 8414 section 2). */
export function metadataOf({ issuer, tokenUrl }: Base): Record<string, unknown> {
  const methods = clientMethods.map(({ name }) => name);
  return {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: tokenUrl,
    jwks_uri: `${issuer}/jwks`,
    pushed_authorization_request_endpoint: `${issuer}/par`,
    revocation_endpoint: `${issuer}/revoke`,
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    grant_types_supported: grants.map(({ type }) => type),
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: methods,
    token_endpoint_auth_signing_alg_values_supported: assertionAlgorithms,
    revocation_endpoint_auth_methods_supported: methods,
    revocation_endpoint_auth_signing_alg_values_supported: assertionAlgorithms,
    dpop_signing_alg_values_supported: proofAlgorithms,
    introspection_endpoint: `${issuer}/introspect`,
    introspection_endpoint_auth_methods_supported: methods.filter((name) => name !== 'none'),
    introspection_endpoint_auth_signing_alg_values_supported: assertionAlgorithms,
    introspection_signing_alg_values_supported: introspectionAlgorithms,
    authorization_response_iss_parameter_supported: true,
  };
}
