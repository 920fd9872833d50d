import type { SigningAlgorithm } from '@alongside/kernel/jws';
import { offlineAccess, scopeValues } from './claims.ts';

/** The members of an OpenID provider that its code takes from this table. */
export interface OpenIdProvider {
  /** Values of `scope` that concern the ID token and userinfo. */
  readonly scopes: readonly string[];
  /** Algorithms of ID tokens. */
  readonly algorithms: readonly SigningAlgorithm[];
  /** Whether a request may name claims (OpenID Connect Core section 5.5). */
  readonly claimsParameter: boolean;
  /** Claims of ID tokens beyond those of the sign-in. */
  readonly moreClaims: readonly string[];
}

/** The differences between the two OpenID providers: CIS2 as published, and the API platform, whose users sign in at CIS2. */
export const openIdProviders = {
  cis2: {
    scopes: [...scopeValues, offlineAccess],
    algorithms: ['RS256', 'ES256', 'PS256'],
    claimsParameter: true,
    moreClaims: ['id_assurance_level', 'authentication_assurance_level'],
  },
  platform: {
    scopes: ['openid', 'profile', 'email', 'nationalrbacaccess', offlineAccess],
    algorithms: ['RS256', 'PS256'],
    claimsParameter: false,
    moreClaims: [],
  },
} as const satisfies Readonly<Record<string, OpenIdProvider>>;
