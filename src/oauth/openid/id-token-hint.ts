import { decodeJwt, type JwtClaims, verifySignature } from '@alongside/kernel/jws';
import type { SigningKeys } from '@alongside/kernel/keys';
import { unlike } from '../check.ts';

/** The claims of a verified ID token of this issuer. */
export interface IdTokenHint {
  sub: string;
  /** The client that it was issued to. */
  audience: string;
  sid: string | null;
  /** NumericDate. */
  expires: number;
}

const text = (claims: JwtClaims, name: string): string | undefined => {
  const value = claims[name];
  return typeof value === 'string' ? value : undefined;
};

/** The claims of an ID token, or the reason for the log. */
export type HintResult = { hint: IdTokenHint } | { fault: string };

const fault = (reason: string): HintResult => ({ fault: reason });

/**
 * Verifies an ID token of this issuer, also an expired one and one by a key that was removed from the key set
 * (OpenID Connect RP-Initiated Logout section 2). Refuses logout tokens.
 */
export async function readIdTokenHint(keys: SigningKeys, issuer: string, token: string): Promise<HintResult> {
  const jwt = decodeJwt(token);
  if (!jwt) return fault('it is not a compact JWS');
  const { kid, typ, alg } = jwt.header;
  if (typ !== 'JWT') return fault(`typ is ${String(typ)}`);
  const found = typeof kid === 'string' ? await keys.publicKey(kid) : undefined;
  if (!found) {
    const kids = (await keys.jwks()).keys.map((key) => key.kid);
    return fault(`kid is ${String(kid)}, the keys of this issuer are ${kids.join(' ')}`);
  }
  if (alg !== found.algorithm) return fault(`alg is ${String(alg)}, the key is for ${found.algorithm}`);
  if (!(await verifySignature(jwt, found.algorithm, found.key))) return fault('the signature does not hold');
  const { claims } = jwt;
  const sub = text(claims, 'sub');
  const audience = text(claims, 'aud');
  if (claims.iss !== issuer) return fault(unlike('iss', claims.iss, issuer));
  if (sub === undefined || audience === undefined || 'events' in claims)
    return fault('it has no sub or aud, or has events');
  // Only ID tokens have auth_time: a signed userinfo response does not.
  if (typeof claims.exp !== 'number' || typeof claims.auth_time !== 'number')
    return fault('it has no exp or auth_time, so it is no ID token');
  return { hint: { sub, audience, sid: text(claims, 'sid') ?? null, expires: claims.exp } };
}
