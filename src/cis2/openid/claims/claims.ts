import type { Clock } from '@alongside/kernel/clock';
import { randomDigits, randomToken, uuid } from '@alongside/kernel/ids';
import type { TokenSigner } from '@alongside/kernel/keys';
import type { Person } from '../../../cis/protocol.ts';
import type { Cis2Registration, Profile } from '../../../oauth/applications.ts';
import {
  claimsOfScopes,
  scopesOfClaim,
  signInClaims,
  withVerifiedEmail,
} from '../../../oauth/openid/claims.ts';
import type { CisClient } from '../../model/cis-client.ts';
import { choiceOf } from '../../model/roles.ts';
import type { SignInFacts } from '../../model/token-facts.ts';
import { isSent, userClaims } from '../../protocol.ts';

/** The scopes that ask for the role of the sign-in, also in the ID token. */
const roleScopes = scopesOfClaim('selected_roleid');

/** Returns an assurance level as a string, or as a number, depending on the setting. */
const assurance = (level: string | number, asNumbers: boolean): string | number =>
  asNumbers ? Number(level) : String(level);

interface ClaimOptions {
  /** The role of the sign-in. */
  roleId: string | null;
  /** Whether assurance levels are numbers. */
  asNumbers: boolean;
}

/** Returns the wanted claims. Leaves out empty values, but not empty lists. */
function claimsOf(
  person: Person,
  { roleId, asNumbers }: ClaimOptions,
  wanted?: ReadonlySet<string>,
): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const [name, of] of userClaims) {
    if (wanted && !wanted.has(name)) continue;
    const value = of(person);
    if (isSent(value)) found[name] = value;
  }
  if (asNumbers && found.idassurancelevel !== undefined)
    found.idassurancelevel = Number(found.idassurancelevel);
  // The user may have lost the role since the sign-in.
  if (
    roleId &&
    wanted?.has('selected_roleid') !== false &&
    person.roles.some((role) => role.roleId === roleId)
  )
    found.selected_roleid = roleId;
  return found;
}

/** Returns all claims about a user. */
export const allClaims = (person: Person, roleId: string | null): Record<string, unknown> =>
  claimsOf(person, { roleId, asNumbers: false });

/** Returns the claims of userinfo: those of the scopes and those requested by name. */
export function userinfoClaims(
  person: Person,
  options: ClaimOptions & { scope: readonly string[]; names: readonly string[]; profile: Profile },
): Record<string, unknown> {
  const wanted = claimsOfScopes(options.scope);
  for (const name of options.names) wanted.add(name);
  const claims = claimsOf(person, options, wanted);
  // The published userinfo does not have it.
  return { ...(options.profile === 'nhs' ? claims : withVerifiedEmail(claims, wanted)), sub: person.uid };
}

/** The facts of a sign-in for new tokens. */
export interface CurrentFacts<F extends SignInFacts = SignInFacts> {
  facts: F;
  /** The claims about the user that were requested by name in the ID token. */
  more: Record<string, unknown>;
}

/**
 * Reads the user of a sign-in again for new tokens, and drops a role that the user no longer has. Returns undefined for a user who is
 * gone or disabled.
 */
export async function currentFacts<F extends SignInFacts>(
  cis: CisClient,
  facts: F,
  { assuranceAsNumbers: asNumbers }: Pick<IdTokenSettings, 'assuranceAsNumbers'>,
): Promise<CurrentFacts<F> | undefined> {
  const person = await cis.person(facts.uid);
  if (!person || person.disabled) return undefined;
  const roleId = choiceOf(person, facts.roleId ?? undefined) ?? null;
  const names = facts.claims.idToken;
  const more = names.length === 0 ? {} : claimsOf(person, { roleId, asNumbers }, new Set(names));
  return { facts: { ...facts, roleId }, more };
}

/** Claims that ForgeRock's product adds to ID tokens, besides the hashes of code and state. Some relying parties list them in code; none should rely on them. */
const forgeRockClaims = (realm: string): Record<string, string> => ({
  auditTrackingId: `${uuid()}-${randomDigits(7)}`,
  'org.forgerock.openidconnect.ops': randomToken(20),
  tokenName: 'id_token',
  tokenType: 'JWTToken',
  realm,
});

export interface IdTokenSettings {
  issuer: string;
  keys: TokenSigner;
  clock: Clock;
  forgeRockClaims: boolean;
  /** The realm, as ForgeRock's product names it. */
  realmName: string;
  assuranceAsNumbers: boolean;
}

interface IdTokenData {
  facts: SignInFacts;
  /** Of the access token. */
  scope: readonly string[];
  accessToken: string;
  nonce: string | null;
  /** Returns `c_hash` and `s_hash`, where there are code and state. */
  hashes: () => Record<string, string>;
  /** Claims about the user that were requested by name. */
  more: Record<string, unknown>;
}

/** Returns the published claims of a sign-in, besides those of OpenID Connect. */
function publishedClaims(
  { assuranceAsNumbers }: IdTokenSettings,
  { clientId }: Cis2Registration,
  { idAssuranceLevel, level, roleId }: SignInFacts,
): Record<string, unknown> {
  const identity = assurance(idAssuranceLevel, assuranceAsNumbers);
  return {
    azp: clientId,
    id_assurance_level: identity,
    // Relying parties read it under userinfo's name as well.
    idassurancelevel: identity,
    authentication_assurance_level: assurance(level, assuranceAsNumbers),
    ...(roleId === null ? {} : { selected_roleid: roleId }),
  };
}

/** Returns those that the request asked for, by name or by the scope of a role. */
function requestedClaims(
  published: Record<string, unknown>,
  { facts, scope }: IdTokenData,
): Record<string, unknown> {
  const names = new Set(facts.claims.idToken);
  if (roleScopes.some((value) => scope.includes(value))) names.add('selected_roleid');
  return Object.fromEntries(Object.entries(published).filter(([name]) => names.has(name)));
}

/** Signs an ID token (OpenID Connect Core section 2), in `nhs` in the form published for CIS2. */
export function signIdToken(
  settings: IdTokenSettings,
  registration: Cis2Registration,
  data: IdTokenData,
): Promise<string> {
  const { facts, accessToken, nonce, hashes, more } = data;
  const { issuer, clock } = settings;
  const { clientId, profile, idTokenClaims } = registration;
  const published = publishedClaims(settings, registration, facts);
  const isComplete = profile === 'nhs' || idTokenClaims === 'published';
  const claims = {
    ...more,
    ...signInClaims(facts, { issuer, clock, clientId, accessToken, nonce }),
    ...(isComplete ? published : requestedClaims(published, data)),
    ...(settings.forgeRockClaims && profile === 'nhs'
      ? { ...hashes(), ...forgeRockClaims(settings.realmName) }
      : {}),
  };
  return settings.keys.sign(claims, { algorithm: registration.idTokenSigningAlg });
}
