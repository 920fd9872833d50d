import type { Cis2Registration, Profile } from '../../../oauth/applications.ts';

/** The scope that asks for a refresh token (OpenID Connect Core section 11). */
export const offlineAccess = 'offline_access';

/** Whether a code of these scopes brings a refresh token. The published profile knows no scope for it. */
export const bringsRefreshToken = (registration: Cis2Registration, scope: readonly string[]): boolean =>
  registration.refreshTokens && (registration.profile === 'nhs' || scope.includes(offlineAccess));

/** What the use of a refresh token does, by profile. */
export interface RefreshRule {
  /** Each use brings a successor (RFC 9700 section 4.14.2); otherwise the token stays (FAPI 2.0 section 5.3.2.1). */
  rotates: boolean;
  /** How long the same client that repeats itself gets the same successor, in milliseconds; 0 for not at all. */
  retryTime: number;
}

export const refreshRules: Readonly<Record<Profile, RefreshRule>> = {
  nhs: { rotates: true, retryTime: 0 },
  standard: { rotates: true, retryTime: 30_000 },
  fapi2: { rotates: false, retryTime: 0 },
};
