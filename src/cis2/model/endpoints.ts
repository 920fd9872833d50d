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
