import { announcedProofAlgorithms } from '../dpop.ts';
import { mutualTlsMethods } from '../mutual-tls.ts';
import { grantTypes } from './grant.ts';
import type { AuthenticationRules, ProfileRules } from './profile.ts';
import type { Addresses } from './server.ts';

/** The settings of a server that decide how its clients authenticate. */
export interface ClientSettings {
  readonly issuer: string;
  /** Origin for clients with a certificate; they cannot show one without it. */
  readonly mutualTlsUrl?: string | undefined;
  /** Authorities of `tls_client_auth`. */
  readonly clientAuthorities?: readonly unknown[] | undefined;
}

/** The capabilities that the metadata names. */
interface Offer {
  readonly rules: AuthenticationRules & Pick<ProfileRules, 'responseModes'>;
  /** Paths of the endpoints below the issuer. */
  readonly paths: Readonly<
    Record<'authorize' | 'token' | 'keys' | 'revocation' | 'introspection' | 'pushed', string>
  >;
  readonly grants: readonly { readonly type: string }[];
  /** More endpoints at which clients show a certificate, by their metadata member. */
  readonly certificatePaths?: Readonly<Record<string, string>>;
}

/** Returns the public addresses of the endpoint at a path below the issuer. */
export function addressesOf({ issuer, mutualTlsUrl }: ClientSettings, path: string): Addresses {
  const own = `${issuer}${path}`;
  return mutualTlsUrl === undefined ? [own] : [own, `${mutualTlsUrl}${new URL(issuer).pathname}${path}`];
}

/** Returns how clients authenticate at an endpoint (RFC 8414 section 2). Public clients may not introspect. */
function authenticationMembers(
  endpoint: 'token' | 'revocation' | 'introspection',
  { authenticationMethods, algorithms }: AuthenticationRules,
  { mutualTlsUrl, clientAuthorities = [] }: ClientSettings,
): Record<string, readonly string[]> {
  const [issued, selfSigned] = mutualTlsMethods;
  const refused = [
    ...(endpoint === 'introspection' ? ['none'] : []),
    ...(mutualTlsUrl === undefined ? [selfSigned] : []),
    ...(mutualTlsUrl === undefined || clientAuthorities.length === 0 ? [issued] : []),
  ];
  return {
    [`${endpoint}_endpoint_auth_methods_supported`]: authenticationMethods.filter(
      (method) => !refused.includes(method),
    ),
    [`${endpoint}_endpoint_auth_signing_alg_values_supported`]: algorithms,
  };
}

/** Returns the members about client certificates (RFC 8705 sections 3.3 and 5); none without an address for them. */
function certificateMembers(
  settings: ClientSettings,
  paths: Readonly<Record<string, string>>,
): Record<string, unknown> {
  if (settings.mutualTlsUrl === undefined) return {};
  const aliases = Object.entries(paths).map(([name, path]) => [name, addressesOf(settings, path)[1]]);
  return {
    tls_client_certificate_bound_access_tokens: true,
    mtls_endpoint_aliases: Object.fromEntries(aliases),
  };
}

/** Returns the metadata that every server has (RFC 8414 section 2). */
export function serverMetadata(settings: ClientSettings, offer: Offer): Record<string, unknown> {
  const { rules, paths, grants, certificatePaths } = offer;
  const at = (path: string): string => `${settings.issuer}${path}`;
  return {
    issuer: settings.issuer,
    authorization_endpoint: at(paths.authorize),
    token_endpoint: at(paths.token),
    jwks_uri: at(paths.keys),
    response_types_supported: ['code'],
    response_modes_supported: rules.responseModes,
    grant_types_supported: grantTypes(grants),
    ...authenticationMembers('token', rules, settings),
    revocation_endpoint: at(paths.revocation),
    ...authenticationMembers('revocation', rules, settings),
    introspection_endpoint: at(paths.introspection),
    ...authenticationMembers('introspection', rules, settings),
    pushed_authorization_request_endpoint: at(paths.pushed),
    require_pushed_authorization_requests: false,
    code_challenge_methods_supported: ['S256'],
    request_parameter_supported: true,
    request_uri_parameter_supported: false,
    require_signed_request_object: false,
    request_object_signing_alg_values_supported: rules.algorithms,
    dpop_signing_alg_values_supported: announcedProofAlgorithms,
    ...certificateMembers(settings, {
      token_endpoint: paths.token,
      ...certificatePaths,
      revocation_endpoint: paths.revocation,
      introspection_endpoint: paths.introspection,
      pushed_authorization_request_endpoint: paths.pushed,
    }),
    authorization_response_iss_parameter_supported: true,
  };
}
