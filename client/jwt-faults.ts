import { errors } from 'jose';
import type { TokenFault } from './errors.ts';

const CLAIM_FAULTS: Record<string, TokenFault> = {
  iss: 'issuer',
  aud: 'audience',
  sub: 'subject',
  nbf: 'not_yet_valid',
  exp: 'expired',
};

/** What a failed verification means; undefined when the error is not about the token at all. */
export function faultOf(error: unknown): { fault: TokenFault; reason: string } | undefined {
  if (error instanceof errors.JWTExpired) return { fault: 'expired', reason: 'it has expired' };
  if (error instanceof errors.JWTClaimValidationFailed) {
    return {
      fault: CLAIM_FAULTS[error.claim] ?? 'claim',
      reason: `its claim ${error.claim} is wrong or missing`,
    };
  }
  if (error instanceof errors.JOSEAlgNotAllowed || error instanceof errors.JOSENotSupported) {
    return { fault: 'algorithm', reason: 'its algorithm is not the agreed one' };
  }
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) {
    return { fault: 'key', reason: 'no key of the issuer fits it' };
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) {
    return { fault: 'signature', reason: 'its signature is wrong' };
  }
  if (error instanceof errors.JOSEError) return { fault: 'malformed', reason: 'it is not a readable JWT' };
  return undefined;
}
