import type { JwtClaims } from '@alongside/kernel/jws';
import type { Tokens } from '../oauth/tokens.ts';
import type { Upstream } from './upstream/upstream.ts';

/** Attributes of an authorization, as CIS2 stores them. */
type Recorded = Readonly<Record<string, string>>;

/** Whether a stored authorization is of the sign-in that the ID token describes. */
const isOf = ({ auth_time: time, acr, amr }: JwtClaims, recorded: Recorded): boolean =>
  recorded.auth_time === String(time) && recorded.acr === acr && recorded.amr === [amr].flat().join(' ');

/** Returns the lowest value of an attribute; undefined if any of the authorizations lacks it, or there is none. */
function lowest(found: readonly Recorded[], name: string): string | undefined {
  const levels = found.map((recorded) => recorded[name]);
  return levels.includes(undefined) ? undefined : levels.sort()[0];
}

/** Returns the level that a class assures: of those that allow two, such as `AAL2_OR_AAL3_ANY`, the lower one. */
const assuredBy = (acr: unknown): string | undefined => /^AAL([123])_/.exec(String(acr))?.[1];

/**
 * Adds the levels that CIS2 of this installation recorded to an ID token that names none. A sign-in at a higher level keeps the
 * session, so the record is that of the authorizations with this sign-in; without it, the class decides.
 */
export async function withRecordedLevels(
  { tokens }: { tokens: Tokens },
  upstream: Upstream,
  claims: JwtClaims,
): Promise<JwtClaims> {
  if (!upstream.isOwn || claims.authentication_assurance_level !== undefined) return claims;
  const { aud, sid, acr } = claims;
  const found =
    typeof sid === 'string' && typeof aud === 'string'
      ? (await tokens.attributesOfSession(sid, upstream.issuer, aud)).filter((one) => isOf(claims, one))
      : [];
  return {
    id_assurance_level: lowest(found, 'id_assurance_level'),
    ...claims,
    authentication_assurance_level: lowest(found, 'aal') ?? assuredBy(acr),
  };
}
