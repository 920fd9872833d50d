import type { JWTPayload, JWTVerifyGetKey, JWTVerifyResult } from 'jose';
import { errors, jwtVerify } from 'jose';
import type { Clock } from './clock.ts';
import type { Fault } from './jwt-faults.ts';
import { faultOf } from './jwt-faults.ts';

/** Verification keys; `renew` fetches them again, where that is due. */
export interface VerificationKeys extends JWTVerifyGetKey {
  renew?(): Promise<void>;
}

/** What a signed token is held against. */
export interface Agreed {
  keys: VerificationKeys;
  /** The one algorithm that is accepted. */
  alg: string;
  issuer?: string;
  clientId?: string;
  requiredClaims?: string[];
  clock: Clock;
  toleranceSeconds: number;
  /** The error for a token that breaks a rule. */
  refuse(fault: Fault): Error;
}

/** Verifies a token's signature, issuer, audience and times. Throws what `refuse` makes, or what fetching the keys throws. */
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
  try {
    return await attempt().catch((error: unknown) => afterRenewal(error, agreed.keys, attempt));
  } catch (error) {
    const fault = faultOf(error, token, agreed);
    // Not as the cause: the error of the library below holds the claims.
    throw fault ? agreed.refuse(fault) : error;
  }
}

// A provider that names no key, or keeps the name of a replaced one, has a new key that only the signature tells of.
async function afterRenewal<T>(error: unknown, keys: VerificationKeys, again: () => Promise<T>): Promise<T> {
  if (!(error instanceof errors.JWSSignatureVerificationFailed) || !keys.renew) throw error;
  await keys.renew().catch(() => {
    throw error;
  });
  return again();
}
