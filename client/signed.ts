import type { JWTPayload, JWTVerifyGetKey, JWTVerifyResult } from 'jose';
import { errors, jwtVerify } from 'jose';
import type { Clock } from './clock.ts';
import { ClientError } from './errors.ts';
import type { Fault } from './jwt-faults.ts';
import { faultOf } from './jwt-faults.ts';

/** Verification keys; the function that `renewer` returns fetches newer ones than those of now, if allowed. */
export interface VerificationKeys extends JWTVerifyGetKey {
  renewer?(): () => Promise<void>;
}

/** Expected values of a signed token. */
export interface Agreed {
  keys: VerificationKeys;
  /** The one accepted algorithm. */
  alg: string;
  issuer?: string;
  clientId?: string;
  requiredClaims?: string[];
  clock: Clock;
  toleranceSeconds: number;
  /** Creates the error for a token that breaks a rule. */
  refuse(fault: Fault): Error;
}

/** Verifies a token's signature, issuer, audience and times. Throws the error of `refuse` or of fetching the keys. */
export async function verifySigned(token: string, agreed: Agreed): Promise<JWTVerifyResult<JWTPayload>> {
  const attempt = () =>
    jwtVerify(token, agreed.keys, {
      algorithms: [agreed.alg],
      issuer: agreed.issuer,
      audience: agreed.clientId,
      requiredClaims: agreed.requiredClaims,
      currentDate: new Date(agreed.clock.now()),
      clockTolerance: agreed.toleranceSeconds,
    });
  // Read before the attempt: if another token has caused a renewal of the keys since then, that is enough.
  const renew = agreed.keys.renewer?.();
  try {
    return await attempt().catch((error: unknown) => afterRenewal(error, renew, attempt));
  } catch (error) {
    if (error instanceof ClientError) throw error;
    // Without a cause, because the library's error contains the claims.
    throw agreed.refuse(faultOf(error, token, agreed));
  }
}

// If the provider uses no kid, or reuses that of a replaced key, only the signature shows a new key.
async function afterRenewal<T>(
  error: unknown,
  renew: (() => Promise<void>) | undefined,
  again: () => Promise<T>,
): Promise<T> {
  if (!(error instanceof errors.JWSSignatureVerificationFailed) || !renew) throw error;
  await renew().catch((reason: unknown) => {
    throw reason instanceof ClientError && reason.code === 'aborted' ? reason : error;
  });
  return again();
}
