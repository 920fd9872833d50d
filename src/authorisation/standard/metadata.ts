import { announcedProofAlgorithms } from '../../oauth/dpop.ts';
import {
  authenticationMembers,
  type ClientSettings,
  certificateMembers,
} from '../../oauth/server/metadata.ts';
import type { Base } from '../base.ts';
import { grants } from './grants/registry.ts';
import { introspectionAlgorithms } from './introspect.ts';
import { offered } from './profile.ts';

/** Where the metadata of a base path stands (RFC 8414 section 3.1). */
export const metadataPath = (base: Base): string => `/.well-known/oauth-authorization-server${base.path}`;

/** Endpoints at which clients show a certificate. */
const withCertificates = {
  token_endpoint: '/token',
  pushed_authorization_request_endpoint: '/par',
  revocation_endpoint: '/revoke',
  introspection_endpoint: '/introspect',
};

/** What clients may know of this base path (RFC 8414 section 2). What the fapi2 profile does not allow is for its clients alone to leave out. */
export function metadataOf(settings: ClientSettings): Record<string, unknown> {
  const { issuer } = settings;
  return {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
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
    request_object_signing_alg_values_supported: offered.algorithms,
    ...authenticationMembers('token', offered, settings),
    ...authenticationMembers('revocation', offered, settings),
    dpop_signing_alg_values_supported: announcedProofAlgorithms,
    ...certificateMembers(settings, withCertificates),
    introspection_endpoint: `${issuer}/introspect`,
    ...authenticationMembers('introspection', offered, settings),
    introspection_signing_alg_values_supported: introspectionAlgorithms,
    authorization_response_iss_parameter_supported: true,
  };
}
