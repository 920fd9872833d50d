import { type Clock, seconds } from '@alongside/kernel/clock';
import { halfHash } from '@alongside/kernel/secrets';

interface ScopeRule {
  claims: readonly string[];
  /** Whether the scope also includes the id and name of the person, as the NHS scopes do. */
  own: boolean;
}

const names = ['name', 'family_name', 'given_name', 'uid'];
const verified = 'email_verified';
const ofOwnScopes = ['nhsid_useruid', 'name'];

/** The scope that asks for a refresh token (OpenID Connect Core section 11). */
export const offlineAccess = 'offline_access';

// The ten published scopes of CIS2.
const rules: Readonly<Record<string, ScopeRule>> = {
  openid: { claims: ['sub'], own: false },
  profile: { claims: names, own: false },
  email: { claims: ['email', verified], own: false },
  nhsperson: {
    claims: ['title', 'initials', 'middle_names', 'display_name', 'idassurancelevel', ...names],
    own: true,
  },
  associatedorgs: { claims: ['nhsid_user_orgs'], own: true },
  nationalrbacaccess: { claims: ['nhsid_nrbac_roles'], own: true },
  professionalmemberships: {
    claims: ['gmc_id', 'gmp_id', 'gdc_id', 'gdp_id', 'gphc_id', 'nmc_id', 'rcn_id', 'consultant_id'],
    own: true,
  },
  organisationalmemberships: { claims: ['nhsid_org_memberships', 'nhsid_org_roles'], own: true },
  selectedrole: { claims: ['selected_roleid'], own: true },
  changedrole: { claims: ['selected_roleid'], own: true },
};

export const scopeValues: readonly string[] = Object.keys(rules);

export const isScope = (value: string): boolean => Object.hasOwn(rules, value);

/** Returns the userinfo claims of these scopes. */
export function claimsOfScopes(scopes: readonly string[]): Set<string> {
  const claims = new Set<string>();
  for (const scope of scopes) {
    const rule = rules[scope];
    for (const claim of rule?.claims ?? []) claims.add(claim);
    if (rule?.own) for (const claim of ofOwnScopes) claims.add(claim);
  }
  return claims;
}

/**
 * Adds `email_verified` where it is wanted and there is an address (OpenID Connect Core section 5.1): a registration authority
 * enters addresses, and a change is mailed to the former one.
 */
export const withVerifiedEmail = (
  claims: Record<string, unknown>,
  wanted: ReadonlySet<string>,
): Record<string, unknown> =>
  wanted.has(verified) && claims.email !== undefined ? { ...claims, [verified]: true } : claims;

export const scopesOfClaim = (claim: string): string[] =>
  scopeValues.filter((scope) => claimsOfScopes([scope]).has(claim));

const standardScopes = ['address', 'phone', offlineAccess];

/** The scopes of an authorization request that concern its ID token and userinfo, and the others. */
export interface RequestedScopes {
  /** Those that the server offers; empty for a request without `openid`. */
  readonly openId: readonly string[];
  readonly others: readonly string[];
}

/**
 * Separates the OpenID scopes of a request from its other scopes. OpenID scopes that the server does not offer are ignored (OpenID
 * Connect Core section 3.1.2.1). Without `openid` the request is one of OAuth alone, and all of its scopes are others.
 */
export function separateScopes(values: readonly string[], offered: readonly string[]): RequestedScopes {
  if (!values.includes('openid')) return { openId: [], others: values };
  return {
    openId: offered.filter((value) => values.includes(value)),
    others: values.filter((value) => !isScope(value) && !standardScopes.includes(value)),
  };
}

/** All claims of the scopes, for the discovery document and the `claims` parameter. */
export const claimValues: readonly string[] = [...claimsOfScopes(scopeValues)];

/** A sign-in, as ID tokens describe it. */
export interface SignIn {
  readonly uid: string;
  /** Undefined, like the other members, if the provider of the sign-in did not name it. */
  readonly sid: string | undefined;
  /** NumericDate. */
  readonly authTime: number | undefined;
  readonly acr: string | undefined;
  readonly methods: readonly string[] | undefined;
}

interface IdTokenOptions {
  readonly issuer: string;
  readonly clock: Clock;
  readonly clientId: string;
  readonly accessToken: string;
  /** Of the authorization request; null after a refresh (OpenID Connect Core section 12.2). */
  readonly nonce: string | null;
}

/** Seconds. */
const lifetime = 3_600;

/** Returns the claims of an ID token about a sign-in (OpenID Connect Core sections 2 and 3.1.3.6). */
export function signInClaims(
  { uid, sid, authTime, acr, methods }: SignIn,
  { issuer, clock, clientId, accessToken, nonce }: IdTokenOptions,
): Record<string, unknown> {
  const now = seconds(clock);
  const claims = {
    iss: issuer,
    sub: uid,
    aud: clientId,
    exp: now + lifetime,
    iat: now,
    auth_time: authTime,
    nonce: nonce ?? undefined,
    at_hash: halfHash(accessToken),
    acr,
    amr: methods,
    sid,
  };
  return Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined));
}
