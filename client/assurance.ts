import { ClientError } from './errors.ts';
import type { IdTokenClaims } from './id-token.ts';
import { shown } from './secrets.ts';
import type { Transaction } from './transaction.ts';

/** Assurance levels of a user, 0 to 3; undefined if the token does not contain them. */
export interface Assurance {
  /** Level of the authentication. `acr` is only the requested class. */
  authenticationLevel: number | undefined;
  /** Level of identity proofing. */
  identityLevel: number | undefined;
}

/** The minimum that an application accepts. */
export interface MinimumAssurance {
  authenticationLevel: number;
  identityLevel: number;
}

/** Reads the levels. They are strings or numbers, and the second one has two names. */
export function assuranceOf(claims: Record<string, unknown>): Assurance {
  return {
    authenticationLevel: level(claims.authentication_assurance_level),
    identityLevel: level(claims.id_assurance_level ?? claims.idassurancelevel),
  };
}

/** Returns the value of `claims` that requests the levels with a minimum; undefined without any. // OpenID Connect Core 1.0 section 5.5 */
export function levelClaims({ authenticationLevel, identityLevel }: MinimumAssurance): string | undefined {
  const names = [
    ...(authenticationLevel > 0 ? ['authentication_assurance_level'] : []),
    ...(identityLevel > 0 ? ['id_assurance_level'] : []),
  ];
  if (names.length === 0) return undefined;
  return JSON.stringify({ id_token: Object.fromEntries(names.map((name) => [name, null])) });
}

/** Returns the lowest level that a list of acr values allows. An unknown value counts as the default `AAL3_ANY`. */
export function requestedLevel(acrValues: string | undefined): number {
  const levels = (acrValues ?? '').split(' ').map((value) => /^AAL([123])_/.exec(value)?.[1]);
  const known = levels.filter((digit) => digit !== undefined).map(Number);
  return known.length === 0 ? 3 : Math.min(...known);
}

/** Throws `assurance_too_low` if a level is missing or below the minimum. */
export function checkAssurance(assurance: Assurance, minimum: MinimumAssurance): void {
  if ((assurance.authenticationLevel ?? 0) < minimum.authenticationLevel)
    throw new ClientError(
      'assurance_too_low',
      `Authentication at level ${minimum.authenticationLevel} is needed; it was ${said(assurance.authenticationLevel)}.`,
      {
        expected: `authentication_assurance_level ${minimum.authenticationLevel} or more`,
        received: said(assurance.authenticationLevel),
      },
    );
  if ((assurance.identityLevel ?? 0) < minimum.identityLevel)
    throw new ClientError(
      'assurance_too_low',
      `An identity proven at level ${minimum.identityLevel} is needed; it is ${said(assurance.identityLevel)}.`,
      {
        expected: `id_assurance_level ${minimum.identityLevel} or more`,
        received: said(assurance.identityLevel),
        advice: "The person's identity has to be proven better, by their registration authority.",
      },
    );
}

/**
 * Checks the time of the authentication, because `prompt` and `max_age` pass through the browser and can be removed. Throws
 * `authentication_too_old`. // OpenID Connect Core 1.0 section 3.1.3.7 item 13
 */
export function checkAuthenticationTime(
  claims: IdTokenClaims,
  transaction: Pick<Transaction, 'startedAt' | 'maxAge' | 'fresh'>,
  toleranceSeconds: number,
): void {
  const allowed = transaction.fresh ? 0 : transaction.maxAge;
  if (allowed === undefined) return;
  const oldest = transaction.startedAt / 1000 - allowed - toleranceSeconds;
  if (typeof claims.auth_time !== 'number' || claims.auth_time < oldest)
    throw new ClientError(
      'authentication_too_old',
      'The user did not authenticate as recently as requested.',
      {
        expected: `auth_time ${Math.floor(oldest)} or later`,
        received: `auth_time ${shown(claims.auth_time)}`,
      },
    );
}

function level(value: unknown): number | undefined {
  const digit = typeof value === 'number' ? String(value) : value;
  return typeof digit === 'string' && /^[0-3]$/.test(digit) ? Number(digit) : undefined;
}

function said(value: number | undefined): string {
  return value === undefined ? 'not stated' : String(value);
}
