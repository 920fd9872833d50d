import type { Addresses } from '../../oauth/server/server.ts';

/** Paths below the issuer, as ForgeRock's product names them. */
export const endpointPaths = {
  authorize: '/authorize',
  token: '/access_token',
  userinfo: '/userinfo',
  keys: '/connect/jwk_uri',
  /** A key set without keys, for a fault of development. */
  noKeys: '/connect/no_keys',
  endSession: '/connect/endSession',
  revocation: '/token/revoke',
  introspection: '/introspect',
  pushed: '/par',
} as const;

/** Every address of an endpoint. `mutualTlsUrl` is the origin for clients with a certificate. */
export function addressesOf(
  { issuer, mutualTlsUrl }: { issuer: string; mutualTlsUrl?: string | undefined },
  path: string,
): Addresses {
  const own = `${issuer}${path}`;
  return mutualTlsUrl === undefined ? [own] : [own, `${mutualTlsUrl}${new URL(issuer).pathname}${path}`];
}
