import { announcedProofAlgorithms } from '../../oauth/dpop.ts';
import { mutualTlsMethods } from '../../oauth/mutual-tls.ts';
import type { Base } from '../base.ts';
import { grants } from './grants/registry.ts';
import { introspectionAlgorithms } from './introspect.ts';
import { offered } from './profile.ts';

/** Where the metadata of a base path stands (RFC 8414 section 3.1). */
export const metadataPath = (base: Base): string => `/.well-known/oauth-authorization-server${base.path}`;

/** Endpoints at which clients show a certificate (RFC 8705 section 5). */
const aliased = {
  token: 'token',
  pushed_authorization_request: 'par',
  revocation: 'revoke',
  introspection: 'introspect',
};

function mutualTls(issuer: string, origin: string): Record<string, unknown> {
  const { pathname } = new URL(issuer);
  const aliases = Object.entries(aliased).map(([name, path]) => [
    `${name}_endpoint`,
    `${origin}${pathname}/${path}`,
  ]);
  return {
    tls_client_certificate_bound_access_tokens: true,
    mtls_endpoint_aliases: Object.fromEntries(aliases),
  };
}

/** What clients may know of this base path (RFC 8414 section 2). What the fapi2 profile does not allow is for its clients alone to leave out. */
export function metadataOf(
  { issuer, tokenUrl }: Base,
  given: { authorities: boolean; mutualTlsUrl: string | undefined },
): Record<string, unknown> {
  const [issued, selfSigned] = mutualTlsMethods;
  const takesCertificates = given.mutualTlsUrl !== undefined;
  const usable = (name: string) =>
    (name !== issued || (takesCertificates && given.authorities)) &&
    (name !== selfSigned || takesCertificates);
  const methods = offered.methods.filter(usable);
  const { algorithms } = offered;
  return {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: tokenUrl,
    jwks_uri: `${issuer}/jwks`,
    pushed_authorization_request_endpoint: `${issuer}/par`,
    require_pushed_authorization_requests: false,
    revocation_endpoint: `${issuer}/revoke`,
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    grant_types_supported: grants.map(({ type }) => type),
    code_challenge_methods_supported: ['S256'],
    request_parameter_supported: true,
    request_uri_parameter_supported: false,
    request_object_signing_alg_values_supported: algorithms,
    token_endpoint_auth_methods_supported: methods,
    token_endpoint_auth_signing_alg_values_supported: algorithms,
    revocation_endpoint_auth_methods_supported: methods,
    revocation_endpoint_auth_signing_alg_values_supported: algorithms,
    dpop_signing_alg_values_supported: announcedProofAlgorithms,
    ...(given.mutualTlsUrl === undefined ? {} : mutualTls(issuer, given.mutualTlsUrl)),
    introspection_endpoint: `${issuer}/introspect`,
    introspection_endpoint_auth_methods_supported: methods.filter((name) => name !== 'none'),
    introspection_endpoint_auth_signing_alg_values_supported: algorithms,
    introspection_signing_alg_values_supported: introspectionAlgorithms,
    authorization_response_iss_parameter_supported: true,
  };
}
