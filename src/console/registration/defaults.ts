type Members = Record<string, unknown>;

const isObject = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The defaults of other profiles than `nhs`. */
const platformDefaults = ({ profile, tokenEndpointAuthMethod }: Members): Members => ({
  ...(profile === 'fapi2' ? { tokenEndpointAuthMethod: 'private_key_jwt' } : {}),
  // A public client is a native application (RFC 8252).
  ...(tokenEndpointAuthMethod === 'none' ? { applicationType: 'native' } : {}),
});

const cis2Defaults = ({ profile }: Members): Members => ({
  ...(profile === 'fapi2' ? { tokenEndpointAuthMethod: 'private_key_jwt', idTokenSigningAlg: 'PS256' } : {}),
  ...(profile === 'nhs' ? {} : { pkce: 'required', maxAge: 'pin' }),
});

const complete = (half: unknown, profile: unknown, defaultsOf: (half: Members) => Members): unknown => {
  if (!isObject(half)) return half;
  const withProfile = { profile, ...half };
  return { ...defaultsOf(withProfile), ...withProfile };
};

/** Adds the defaults to a registration. The top-level `profile` is the default of both halves. Validates nothing. */
export function withDefaults(draft: unknown): unknown {
  if (!isObject(draft)) return draft;
  const { profile = 'nhs', platform, cis2 } = draft;
  return {
    ...draft,
    ...(platform === undefined ? {} : { platform: complete(platform, profile, platformDefaults) }),
    ...(cis2 === undefined ? {} : { cis2: complete(cis2, profile, cis2Defaults) }),
  };
}
