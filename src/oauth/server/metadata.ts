import { mutualTlsMethods } from '../mutual-tls.ts';
import type { AuthenticationRules } from './profile.ts';
import type { Addresses } from './server.ts';

/** The settings of a server that decide how its clients authenticate. */
export interface ClientSettings {
  readonly issuer: string;
  /** Origin for clients with a certificate; they cannot show one without it. */
  readonly mutualTlsUrl?: string | undefined;
  /** Authorities of `tls_client_auth`. */
  readonly clientAuthorities?: readonly unknown[] | undefined;
}

/** Returns the public addresses of the endpoint at a path below the issuer. */
export function addressesOf({ issuer, mutualTlsUrl }: ClientSettings, path: string): Addresses {
  const own = `${issuer}${path}`;
  return mutualTlsUrl === undefined ? [own] : [own, `${mutualTlsUrl}${new URL(issuer).pathname}${path}`];
}

/** Returns how clients authenticate at an endpoint (RFC 8414 section 2). Public clients may not introspect. */
export function authenticationMembers(
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

/**
 * Returns the members about client certificates (RFC 8705 sections 3.3 and 5); none without an address for them.
 * @param paths by the metadata member of the endpoint.
 */
export function certificateMembers(
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
