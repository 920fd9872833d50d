/** Paths below the issuer in ForgeRock's product. */
export const endpointPaths = {
  authorize: '/authorize',
  token: '/access_token',
  userinfo: '/userinfo',
  keys: '/connect/jwk_uri',
  /** An empty key set, for a fault. */
  noKeys: '/connect/no_keys',
  endSession: '/connect/endSession',
  revocation: '/token/revoke',
  introspection: '/introspect',
  pushed: '/par',
} as const;
