import { decodeJwt, type JwtClaims, verifySignature } from '@alongside/kernel/jws';
import type { SigningKeys } from '@alongside/kernel/keys';

/** What an ID token of ours says, once its signature was checked. */
export interface IdTokenHint {
  sub: string;
  /** Client that it was made for. */
  audience: string;
  sid: string | null;
  /** NumericDate. */
  expires: number;
}

const text = (claims: JwtClaims, name: string): string | undefined => {
  const value = claims[name];
  return typeof value === 'string' ? value : undefined;
};

/**
 * Reads an ID token that this issuer made, also an expired one and one whose key has left the key set
 * (OpenID Connect RP-Initiated Logout section 2). Undefined when it is none; a logout token is none.
 */
export async function readIdTokenHint(
  keys: SigningKeys,
  issuer: string,
  token: string,
): Promise<IdTokenHint | undefined> {
  const jwt = decodeJwt(token);
  if (!jwt || typeof jwt.header.kid !== 'string' || jwt.header.typ !== 'JWT') return undefined;
  const found = await keys.publicKey(jwt.header.kid);
  if (!found || jwt.header.alg !== found.algorithm) return undefined;
  if (!(await verifySignature(jwt, found.algorithm, found.key))) return undefined;
  const { claims } = jwt;
  const sub = text(claims, 'sub');
  const audience = text(claims, 'aud');
  if (claims.iss !== issuer || sub === undefined || audience === undefined || 'events' in claims)
    return undefined;
  // Only ID tokens say when the person was authenticated: a signed userinfo answer is none.
  if (typeof claims.exp !== 'number' || typeof claims.auth_time !== 'number') return undefined;
  return { sub, audience, sid: text(claims, 'sid') ?? null, expires: claims.exp };
}
