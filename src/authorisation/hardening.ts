import { z } from 'zod';

const flag = z.boolean('must be true or false').optional();

/** Options with which a base path differs from the published behaviour or the default of its profile. */
export const hardeningShape = {
  upstreamErrors: flag.describe(
    'An error of the provider goes back to the client as a redirect with its state',
  ),
  bindSubjectAudience: flag.describe(
    "A subject token's audience is the application's own CIS2 client, where it has one",
  ),
  refuseForeignIdTokens: flag.describe(
    'An ID token is exchanged only by the application that it was issued to: `aud` or `azp` is its CIS2 client, or is in its attribute `id-token-audiences`',
  ),
  verifyActor: flag.describe('The signature of an actor token (`act.sub`) is verified'),
  pkce: flag.describe('A code challenge is accepted, and enforced once it was sent (RFC 7636)'),
  severalCallbacks: flag.describe('All registered callback URLs count, not the first alone'),
  refreshRetry: flag.describe(
    'The same client that repeats a refresh within 30 s gets the same successor; never a public client without DPoP',
  ),
  codeReuseRevokes: flag.describe('A code that is used again revokes the tokens issued for it'),
  browserBoundCallback: flag.describe('`/callback` answers only the browser that `/authorize` sent away'),
  refuseEndedSessions: flag.describe(
    'No tokens from codes and ID tokens of a session that has been signed out',
  ),
  refreshEndsAccess: flag.describe('A refresh revokes earlier access tokens'),
  proofNonces: flag.describe('A DPoP proof needs a nonce of the server (RFC 9449 section 8)'),
  idTokenOnce: flag.describe('An ID token is exchanged once'),
  strictLogoutTokens: flag.describe(
    'A logout token has `exp`, `iat`, a `jti` that counts once, and the type `logout+jwt` (OpenID Connect Back-Channel Logout)',
  ),
  logoutSources: z
    .array(z.string('must be an address or a range'))
    .nullable()
    .optional()
    .describe(
      'Networks from which a provider may report the end of a session, `192.0.2.0/24` or single addresses; null lets all',
    ),
  jtiMemory: z
    .number('must be milliseconds')
    .int()
    .nonnegative()
    .max(7_776_000_000, 'must be at most 90 days')
    .nullable()
    .optional()
    .describe(
      'Milliseconds that a used `jti` is remembered at least, up to 90 days; null until its assertion expires',
    ),
};

type Shape = typeof hardeningShape;

/** The options of a base path, with all defaults applied. */
export type Hardening = { readonly [K in keyof Shape]: Exclude<z.output<Shape[K]>, undefined> };

export type HardeningOptions = { [K in keyof Hardening]?: Hardening[K] | undefined };

/** Configured options by base path: `{"/oauth2": {"refreshRetry": true}}`. */
export const optionsByBase = z.partialRecord(
  z.enum(['/oauth2', '/oauth2-mock', '/oauth2.1']),
  z.strictObject(hardeningShape),
);

/** Applies the defaults of a profile, which are less strict with a mock provider. */
export function hardeningOf(
  profile: 'nhs' | 'standard',
  provider: 'real' | 'mock',
  options: HardeningOptions = {},
): Hardening {
  const real = provider === 'real';
  const standard = profile === 'standard';
  return {
    upstreamErrors: true,
    bindSubjectAudience: real,
    refuseForeignIdTokens: standard,
    verifyActor: real,
    pkce: true,
    severalCallbacks: true,
    refreshRetry: standard,
    codeReuseRevokes: standard,
    browserBoundCallback: standard,
    refuseEndedSessions: real,
    refreshEndsAccess: false,
    proofNonces: false,
    idTokenOnce: false,
    strictLogoutTokens: standard,
    logoutSources: null,
    jtiMemory: null,
    ...(Object.fromEntries(
      Object.entries(options).filter(([, value]) => value !== undefined),
    ) as Partial<Hardening>),
  };
}
