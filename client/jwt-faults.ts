import { decodeProtectedHeader, errors } from 'jose';
import type { Clock } from './clock.ts';
import type { TokenFault } from './errors.ts';
import { shown } from './secrets.ts';

/** A rule that a token broke, with an explanation. */
export interface Fault {
  fault: TokenFault;
  reason: string;
  expected?: string;
  received?: string;
}

/** Expected values of the token. */
export interface Agreement {
  alg: string;
  issuer?: string;
  clientId?: string;
  clock: Clock;
}

const CLAIM_FAULTS: Record<string, TokenFault> = {
  iss: 'issuer',
  aud: 'audience',
  sub: 'subject',
  nbf: 'not_yet_valid',
  exp: 'expired',
};

/** Explains a failed verification. */
export function faultOf(error: unknown, token: string, agreed: Agreement): Fault {
  if (error instanceof errors.JWTExpired) {
    return { fault: 'expired', reason: 'it has expired', ...times(error.payload.exp, 'an end', agreed) };
  }
  if (error instanceof errors.JWTClaimValidationFailed) return claimFault(error, agreed);
  if (error instanceof errors.JOSEAlgNotAllowed || error instanceof errors.JOSENotSupported) {
    const received = `alg ${shown(headerOf(token).alg)}`;
    return {
      fault: 'algorithm',
      reason: 'its algorithm is not the agreed one',
      expected: `alg ${agreed.alg}`,
      received,
    };
  }
  if (error instanceof errors.JWKSNoMatchingKey)
    return keyFault(token, agreed, 'no key of the issuer fits it');
  if (error instanceof errors.JWKSMultipleMatchingKeys) {
    return keyFault(token, agreed, 'several keys of the issuer fit it, and it does not name one');
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) {
    return { fault: 'signature', reason: 'its signature is wrong', received: `kid ${kidOf(token)}` };
  }
  if (error instanceof errors.JOSEError) return { fault: 'malformed', reason: 'it is not a readable JWT' };
  return keyFault(token, agreed, 'the key of the issuer for it cannot be used');
}

function claimFault({ claim, payload }: errors.JWTClaimValidationFailed, agreed: Agreement): Fault {
  const fault = { fault: CLAIM_FAULTS[claim] ?? 'claim', reason: `its claim ${claim} is wrong or missing` };
  if (claim === 'nbf') return { ...fault, ...times(payload.nbf, 'a beginning', agreed) };
  const expected = { iss: agreed.issuer, aud: agreed.clientId }[claim];
  if (expected === undefined)
    return { ...fault, received: payload[claim] === undefined ? 'nothing' : 'something else' };
  return { ...fault, expected: `${claim} ${shown(expected)}`, received: `${claim} ${shown(payload[claim])}` };
}

function keyFault(token: string, { alg }: Agreement, reason: string): Fault {
  return {
    fault: 'key',
    reason,
    expected: `one key of the issuer for ${alg} with the kid of the token`,
    received: `kid ${kidOf(token)}`,
  };
}

function times(claim: unknown, what: string, { clock }: Agreement): Pick<Fault, 'expected' | 'received'> {
  const at = typeof claim === 'number' ? claim * 1000 : Number.NaN;
  const told = Math.abs(at) <= 8.64e15 ? new Date(at).toISOString() : 'none';
  return {
    expected: `${what} that fits this machine's clock, ${new Date(clock.now()).toISOString()}`,
    received: told,
  };
}

function headerOf(token: string): Record<string, unknown> {
  try {
    return { ...decodeProtectedHeader(token) };
  } catch {
    return {};
  }
}

function kidOf(token: string): string {
  return shown(headerOf(token).kid);
}
