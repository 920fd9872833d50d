type Members = Record<string, unknown>;

const isObject = (value: unknown): value is Members => typeof value === 'object' && value !== null && !Array.isArray(value);

/** What a half gets where it says nothing, as its profile wants it. The first that is set counts, the caller's own first of all. */
const platformDefaults = (half: Members): Members => ({
  tokenEndpointAuthMethod: half.profile === 'fapi2' ? 'private_key_jwt' : 'client_secret_post',
  // A public client is a native application (RFC 8252).
  applicationType: half.tokenEndpointAuthMethod === 'none' ? 'native' : 'web',
});

const cis2Defaults = (half: Members): Members => ({
  tokenEndpointAuthMethod: half.profile === 'fapi2' ? 'private_key_jwt' : 'client_secret_post',
  applicationType: 'web',
  pkce: half.profile === 'nhs' ? 'optional' : 'required',
  maxAge: half.profile === 'nhs' ? 'proof' : 'pin',
});

const complete = (half: unknown, profile: unknown, defaultsOf: (half: Members) => Members): unknown => {
  if (!isObject(half)) return half;
  const withProfile = { profile, ...half };
  return { ...defaultsOf(withProfile), ...withProfile };
};

/**
 * A registration with the defaults of its profiles filled in. The top-level `profile` is that of each half that has none;
 * `nhs` unless told. What was not told may still be wrong: the shape checks it.
 */
export function withDefaults({ profile = 'nhs', ...draft }: Members): Members {
  return {
    ...draft,
    ...('platform' in draft ? { platform: complete(draft.platform, profile, platformDefaults) } : {}),
    ...('cis2' in draft ? { cis2: complete(draft.cis2, profile, cis2Defaults) } : {}),
  };
}
