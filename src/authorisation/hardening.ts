import { z } from 'zod';

/** Where a base path differs from the published behaviour, or from the usual one of its profile. */
export interface Hardening {
  /** An error of the provider goes back to the client as a redirect with its state. */
  upstreamErrors: boolean;
  /** A subject token's audience is the application's own CIS2 client, where it has one. */
  bindSubjectAudience: boolean;
  /** The signature of an actor token (`act.sub`) is verified. */
  verifyActor: boolean;
  /** A code challenge is accepted, and enforced once it was sent (RFC 7636). */
  pkce: boolean;
  /** All registered callback URLs count, not the first alone. */
  severalCallbacks: boolean;
  /** The same client that repeats a refresh within 30 s gets the same successor. */
  refreshRetry: boolean;
  /** A code that is used again ends the tokens that came from it. */
  codeReuseRevokes: boolean;
  /** `/callback` answers only the browser that `/authorize` sent away. */
  browserBoundCallback: boolean;
  /** No tokens from codes and ID tokens of a session that has been signed out. */
  refuseEndedSessions: boolean;
  /** A refresh ends the access tokens that came before it. */
  refreshEndsAccess: boolean;
  /** A DPoP proof carries a nonce of ours (RFC 9449 section 8). */
  proofNonces: boolean;
  /** An ID token is exchanged once. */
  idTokenOnce: boolean;
  /** Networks from which a provider may say that a session is over, `192.0.2.0/24` or single addresses; null lets all. */
  logoutSources: readonly string[] | null;
  /** Milliseconds that a used `jti` is remembered at least; null until its assertion has run out. */
  jtiMemory: number | null;
}

export type HardeningOptions = { [K in keyof Hardening]?: Hardening[K] | undefined };

const flag = z.boolean('must be true or false').optional();

/** Options by base path, as configuration writes them: `{"/oauth2": {"refreshRetry": true}}`. */
export const optionsByBase = z.partialRecord(
  z.enum(['/oauth2', '/oauth2-mock', '/oauth2.1']),
  z.strictObject({
    upstreamErrors: flag,
    bindSubjectAudience: flag,
    verifyActor: flag,
    pkce: flag,
    severalCallbacks: flag,
    refreshRetry: flag,
    codeReuseRevokes: flag,
    browserBoundCallback: flag,
    refuseEndedSessions: flag,
    refreshEndsAccess: flag,
    proofNonces: flag,
    idTokenOnce: flag,
    logoutSources: z.array(z.string('must be an address or a range')).nullable().optional(),
    jtiMemory: z.number('must be milliseconds').int().nonnegative().nullable().optional(),
  } satisfies Record<keyof Hardening, z.ZodType>),
);

/** The defaults of a base path: those of its profile, and gentler ones where its provider is a mock. */
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
    logoutSources: null,
    jtiMemory: null,
    ...(Object.fromEntries(
      Object.entries(options).filter(([, value]) => value !== undefined),
    ) as Partial<Hardening>),
  };
}
