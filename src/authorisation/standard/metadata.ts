import { type ClientSettings, serverMetadata } from '../../oauth/server/metadata.ts';
import type { Base } from '../base.ts';
import { grants } from './grants/registry.ts';
import { introspectionAlgorithms } from './introspect.ts';
import { offered } from './profile.ts';

/** Returns the path of the metadata of a base path (RFC 8414 section 3.1). */
export const metadataPath = (base: Base): string => `/.well-known/oauth-authorization-server${base.path}`;

const paths = {
  authorize: '/authorize',
  token: '/token',
  keys: '/jwks',
  revocation: '/revoke',
  introspection: '/introspect',
  pushed: '/par',
};

/** Returns the metadata of a base path (RFC 8414 section 2). Clients of the fapi2 profile may use less than it names. */
export const metadataOf = (settings: ClientSettings): Record<string, unknown> => ({
  ...serverMetadata(settings, { rules: offered, paths, grants, responseModes: ['query'] }),
  introspection_signing_alg_values_supported: introspectionAlgorithms,
});
