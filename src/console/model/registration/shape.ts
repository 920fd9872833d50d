import { isObject, type JsonObject } from '@alongside/kernel/json';
import { isShortRsa, type JsonWebKey, publicKeyOf, type SigningAlgorithm } from '@alongside/kernel/jws';
import { z } from 'zod';
import { authenticationMethods } from '../../../oauth/applications.ts';
import { redirectProblem, serverAddressProblem } from '../../../oauth/registered-addresses.ts';

/** The defaults of other profiles than `nhs`. */
const platformDefaults = ({ profile, tokenEndpointAuthMethod }: JsonObject): JsonObject => ({
  ...(profile === 'fapi2' ? { tokenEndpointAuthMethod: 'private_key_jwt' } : {}),
  // A public client is a native application (RFC 8252).
  ...(tokenEndpointAuthMethod === 'none' ? { applicationType: 'native' } : {}),
});

/** Adds the default algorithm of JWT access tokens, which only /oauth2.1 issues. */
function withTokenAlgorithm(platform: unknown): unknown {
  if (!isObject(platform) || platform.profile === 'nhs') return platform;
  const { accessToken = {} } = platform;
  return isObject(accessToken)
    ? { ...platform, accessToken: { signingAlg: 'ES256', ...accessToken } }
    : platform;
}

const cis2Defaults = ({ profile }: JsonObject): JsonObject => ({
  ...(profile === 'fapi2' ? { tokenEndpointAuthMethod: 'private_key_jwt', idTokenSigningAlg: 'PS256' } : {}),
  ...(profile === 'nhs' ? { idTokenClaims: 'published' } : { idTokenClaims: 'requested', maxAge: 'pin' }),
});

const complete = (half: unknown, profile: unknown, defaultsOf: (half: JsonObject) => JsonObject): unknown => {
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
    ...(platform === undefined
      ? {}
      : { platform: withTokenAlgorithm(complete(platform, profile, platformDefaults)) }),
    ...(cis2 === undefined ? {} : { cis2: complete(cis2, profile, cis2Defaults) }),
  };
}

// Each message completes "the member …".

/** The two servers at which an application can be registered. */
export const halfNames = ['platform', 'cis2'] as const;
export type HalfName = (typeof halfNames)[number];

const text = (longest: number) =>
  z
    .string('must be text')
    .max(longest, `must have at most ${longest} characters`)
    .regex(/^\P{Cc}*$/u, 'must not hold control characters');

const oneOf = <const V extends readonly [string, ...string[]]>(...values: V) =>
  z.enum(values, `must be ${values.map((value) => `"${value}"`).join(', ')}`);

const profile = oneOf('nhs', 'standard', 'fapi2');
const applicationType = oneOf('web', 'native');
const algorithms = ['RS256', 'RS512', 'PS256', 'ES256', 'EdDSA'] as const satisfies SigningAlgorithm[];
const algorithm = z.enum(algorithms, `must be of ${algorithms.join(', ')}`);
const tokenAlgorithm = oneOf('RS256', 'PS256', 'RS512', 'ES256');
const idTokenAlgorithm = oneOf('RS256', 'PS256', 'ES256');

/** The algorithm of assertions or request objects; empty for any that the profile allows. */
const assertionAlgorithm = z
  .union([z.literal(''), algorithm], `must be empty or of ${algorithms.join(', ')}`)
  .default('');

const addresses = z
  .array(z.string('must be an address'), 'must be a list of addresses')
  .max(50, 'must have at most 50 entries')
  .default([]);

const serverAddress = z.string('must be an address').check(({ value, issues }) => {
  const problem = value === '' ? undefined : serverAddressProblem(value);
  if (problem) issues.push({ code: 'custom', message: problem, input: value });
});

export const publicKey = z.looseObject({ kty: z.string('must name its type') }).check(({ value, issues }) => {
  const add = (message: string) => issues.push({ code: 'custom', message, input: value });
  if ('d' in value || 'k' in value)
    add('holds a private key: register the public half only, and make a new key');
  else {
    const key = publicKeyOf(value);
    if (!key) add('is not a public key (RFC 7517)');
    else if (isShortRsa(key)) add('is an RSA key of fewer than 2048 bits (RFC 7518 section 3.3)');
  }
});

const keySet = z
  .strictObject(
    { keys: z.array(publicKey, 'must be a list of keys').max(100, 'must have at most 100 keys') },
    'must be a JWK set: {"keys": [...]}',
  )
  .transform((set) => set as { keys: JsonWebKey[] });

const keys = {
  jwks: keySet.nullable().default(null),
  jwksUrl: serverAddress
    .nullable()
    .default(null)
    .transform((url) => url || null),
};

const oneKeySource = ({ jwks, jwksUrl }: { jwks: unknown; jwksUrl: unknown }): boolean =>
  jwks === null || jwksUrl === null;
const oneKeySourceMessage = { message: 'must have either "jwks" or "jwksUrl", not both', path: ['jwks'] };

/** Checks addresses against the rules for the profile and application type. */
const checkRedirects = (
  half: { profile: 'nhs' | 'standard' | 'fapi2'; applicationType: 'web' | 'native' },
  list: readonly string[],
  name: string,
  add: (message: string, path: (string | number)[]) => void,
): void => {
  list.forEach((address, index) => {
    const problem = redirectProblem(address, {
      profile: half.profile,
      native: half.applicationType === 'native',
    });
    if (problem) add(problem, [name, index]);
  });
};

/** The registration at the API platform. */
/** Members of both halves that make a client's requests and tokens stricter. */
const requestRules = {
  boundTokens: oneOf('dpop', 'certificate').nullable().default(null),
  signedRequests: oneOf('required', 'optional').default('optional'),
  pkce: oneOf('required', 'optional').nullable().default(null),
};

export const platformShape = z
  .strictObject({
    profile: profile.default('nhs'),
    callbackUrls: addresses,
    postLogoutRedirectUris: addresses,
    backchannelLogoutUri: serverAddress.default(''),
    /** Where a signer returns after the presence check; the first callback URL by default. */
    signingCallbackUrl: z.string('must be an address').nullable().default(null),
    /** Algorithms of signatures; SHA-1 only where it is named here. */
    signingAlgorithms: z
      .array(oneOf('RS256', 'RS1'), 'must be a list of RS256 and RS1')
      .min(1, 'must not be empty')
      .max(2, 'must have at most 2 entries')
      .default(['RS256']),
    products: z
      .array(text(200), 'must be a list of names')
      .max(100, 'must have at most 100 entries')
      .default([]),
    /** Products that are revoked for this application alone. */
    revokedProducts: z
      .array(text(200), 'must be a list of names')
      .max(100, 'must have at most 100 entries')
      .default([]),
    tokenEndpointAuthMethod: oneOf(...authenticationMethods).default('client_secret_post'),
    applicationType: applicationType.default('web'),
    signingAlg: assertionAlgorithm,
    ...keys,
    accessToken: z
      .strictObject({
        format: oneOf('opaque', 'jwt').default('opaque'),
        signingAlg: tokenAlgorithm.default('RS256'),
      })
      .default({ format: 'opaque', signingAlg: 'RS256' }),
    ...requestRules,
    attributes: z
      .record(text(100), z.string('must be text').max(8_192, 'must have at most 8192 characters'))
      .default({}),
  })
  .refine(oneKeySource, oneKeySourceMessage)
  .check(({ value, issues }) => {
    const add = (message: string, path: (string | number)[]) =>
      issues.push({ code: 'custom', message, path, input: value });
    checkRedirects(value, value.callbackUrls, 'callbackUrls', add);
    checkRedirects(
      value,
      value.signingCallbackUrl === null ? [] : [value.signingCallbackUrl],
      'signingCallbackUrl',
      (message) => add(message, ['signingCallbackUrl']),
    );
    checkRedirects(value, value.postLogoutRedirectUris, 'postLogoutRedirectUris', add);
  });

/** The subject of the certificate for `tls_client_auth` (RFC 8705 section 2.1.2). */
const certificateSubject = z
  .strictObject({
    tls_client_auth_subject_dn: text(1_000).min(1).optional(),
    tls_client_auth_san_dns: text(1_000).min(1).optional(),
    tls_client_auth_san_uri: text(1_000).min(1).optional(),
    tls_client_auth_san_ip: text(1_000).min(1).optional(),
    tls_client_auth_san_email: text(1_000).min(1).optional(),
  })
  .refine((subject) => Object.keys(subject).length === 1, 'must have exactly one member')
  .nullable()
  .default(null);

export const cis2Shape = z
  .strictObject({
    profile: profile.default('nhs'),
    redirectUris: addresses,
    postLogoutRedirectUris: addresses,
    applicationType: applicationType.default('web'),
    tokenEndpointAuthMethod: oneOf(...authenticationMethods).default('client_secret_post'),
    certificateSubject,
    ...keys,
    signingAlg: assertionAlgorithm,
    backchannelLogoutUri: serverAddress.default(''),
    refreshTokens: z.boolean('must be true or false').default(false),
    firstAuthenticator: oneOf('smartcard', 'choose').nullable().default(null),
    maxAge: oneOf('proof', 'pin').default('proof'),
    idTokenSigningAlg: idTokenAlgorithm.default('RS256'),
    userinfoSigningAlg: idTokenAlgorithm.nullable().default(null),
    idTokenClaims: oneOf('requested', 'published').default('published'),
    ...requestRules,
    pushedRequests: oneOf('required', 'optional').default('optional'),
    requestObjectSigningAlg: assertionAlgorithm,
    description: text(1_000).default(''),
  })
  .refine(oneKeySource, oneKeySourceMessage)
  .check(({ value, issues }) => {
    const add = (message: string, path: (string | number)[]) =>
      issues.push({ code: 'custom', message, path, input: value });
    checkRedirects(value, value.redirectUris, 'redirectUris', add);
    checkRedirects(value, value.postLogoutRedirectUris, 'postLogoutRedirectUris', add);
  });

/** Credentials that tests choose. */
const chosenCredentials = z.strictObject({
  clientId: z
    .string()
    .regex(/^[A-Za-z0-9._~-]{1,128}$/, 'must be 1 to 128 letters, digits or . _ ~ -')
    .optional(),
  clientSecret: z
    .string()
    .regex(/^[\x21-\x7e]{8,256}$/, 'must be 8 to 256 visible ASCII characters')
    .optional(),
});

const wholeShape = z
  .strictObject({
    name: text(100)
      .min(1, 'must not be empty')
      .refine((name) => name.trim() !== '', 'must not be blank'),
    profile: profile.optional().describe('Default of platform and cis2'),
    developer: text(100).default(''),
    platform: platformShape.nullable().default(null),
    cis2: cis2Shape.nullable().default(null),
    credentials: z
      .strictObject({ platform: chosenCredentials.optional(), cis2: chosenCredentials.optional() })
      .optional()
      .describe('Client ids and secrets of a new application; development only; generated by default'),
  })
  .refine(({ platform, cis2 }) => platform !== null || cis2 !== null, 'must have "platform", "cis2" or both');

/** A whole registration, with the defaults of its profile. */
export const registrationShape = z.preprocess(withDefaults, wholeShape);

export type Registration = z.output<typeof wholeShape>;
export type PlatformRegistrationBody = z.output<typeof platformShape>;
export type Cis2RegistrationBody = z.output<typeof cis2Shape>;
