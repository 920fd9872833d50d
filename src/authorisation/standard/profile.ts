import type { PlatformRegistration, Profile } from '../../oauth/applications.ts';
import type { ProfileRules } from '../../oauth/server/profile.ts';

/** The rules for clients of one profile, beyond the practice that holds for all (RFC 9700). */
export interface StandardProfileRules extends ProfileRules {
  /** Authorization requests are pushed (RFC 9126). */
  pushed: boolean;
  /** A refresh gives a new refresh token. */
  rotation: boolean;
}

const strong = ['private_key_jwt', 'tls_client_auth', 'self_signed_tls_client_auth'];

const standard: StandardProfileRules = {
  authenticationMethods: ['none', 'client_secret_basic', 'client_secret_post', ...strong],
  algorithms: ['PS256', 'ES256', 'EdDSA', 'RS256', 'RS512'],
  assertion: { audience: 'issuer', needsKid: false, longestAhead: 300 },
  senderConstraint: 'allowed',
  requestObjects: 'allowed',
  pushed: false,
  rotation: true,
};

// FAPI 2.0 Security Profile sections 5.3.2 and 5.4.
const fapi2: StandardProfileRules = {
  authenticationMethods: strong,
  algorithms: ['PS256', 'ES256', 'EdDSA'],
  assertion: { audience: 'issuer', needsKid: false, longestAhead: 300 },
  senderConstraint: 'required',
  requestObjects: 'allowed',
  pushed: true,
  rotation: false,
};

export const profiles: Readonly<Partial<Record<Profile, StandardProfileRules>>> = { standard, fapi2 };

/** The rules of a client's profile. Throws for a profile that is not served here. */
export function rulesOf({ profile }: Pick<PlatformRegistration, 'profile'>): StandardProfileRules {
  const rules = profiles[profile];
  if (!rules) throw new Error(`There are no rules of the profile ${profile}.`);
  return rules;
}

/** What clients of some profile may use: for metadata. Those of the others may use less. */
export const offered = standard;
