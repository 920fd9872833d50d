import { createHash } from 'node:crypto';
import type { JWTPayload } from 'jose';
import type { Clock } from './clock.ts';
import { TokenError } from './errors.ts';
import type { Fault } from './jwt-faults.ts';
import { sameSecret, shown } from './secrets.ts';
import type { VerificationKeys } from './signed.ts';
import { verifySigned } from './signed.ts';

/** The claims of a verified ID token. */
export interface IdTokenClaims extends JWTPayload {
  iss: string;
  sub: string;
  iat: number;
  exp: number;
  auth_time?: number;
  acr?: string;
  amr?: string[];
  sid?: string;
  selected_roleid?: string;
}

/** Expected values of an ID token. */
export interface IdTokenExpectation {
  issuer: string;
  clientId: string;
  /** The one accepted algorithm. */
  alg: string;
  keys: VerificationKeys;
  /** Other audiences that a token may have, next to the client's own id; none by default. */
  trustedAudiences?: readonly string[];
  /** The nonce of the request. */
  nonce?: string;
  /** The access token of the same response, for `at_hash`. */
  accessToken?: string;
  clock: Clock;
  toleranceSeconds: number;
}

const LONGEST_TOKEN = 65_536;

/**
 * Verifies an ID token: signature with the one accepted algorithm, issuer byte for byte, audience, times, nonce, and the hash of
 * the access token if present. // OpenID Connect Core 1.0 section 3.1.3.7. Throws `TokenError` (`id_token_invalid`) with the
 * broken rule in `fault`, or the error of fetching the keys.
 */
export async function verifyIdToken(idToken: string, expected: IdTokenExpectation): Promise<IdTokenClaims> {
  if (idToken.length > LONGEST_TOKEN) throw refused('malformed', 'it is too long');
  const claims = await signedClaims(idToken, expected);
  checkAudience(claims, expected);
  checkIssuedAt(claims, expected);
  checkNonce(claims, expected.nonce);
  checkAccessTokenHash(claims, expected);
  return claims;
}

async function signedClaims(idToken: string, expected: IdTokenExpectation): Promise<IdTokenClaims> {
  const requiredClaims = ['sub', 'iat', 'exp'];
  const { payload } = await verifySigned(idToken, { ...expected, requiredClaims, refuse });
  if (typeof payload.sub !== 'string' || payload.sub === '') throw refused('subject', 'it has no subject');
  return payload as IdTokenClaims;
}

// Core section 3.1.3.7 items 3 to 5
function checkAudience(claims: IdTokenClaims, { clientId, trustedAudiences = [] }: IdTokenExpectation): void {
  const audiences = Array.isArray(claims.aud) ? claims.aud : [claims.aud];
  if (audiences.some((audience) => audience !== clientId && !trustedAudiences.includes(audience ?? ''))) {
    const facts = { expected: `aud ${shown(clientId)} alone`, received: `aud ${shown(claims.aud)}` };
    throw refused('audience', 'it is meant for others as well', facts);
  }
  const isIssuedToUs = claims.azp === clientId || (claims.azp === undefined && audiences.length === 1);
  if (!isIssuedToUs) {
    const facts = { expected: `azp ${shown(clientId)}`, received: `azp ${shown(claims.azp)}` };
    throw refused('audience', 'it was issued to another client', facts);
  }
}

function checkIssuedAt(claims: IdTokenClaims, expected: IdTokenExpectation): void {
  if (typeof claims.iat !== 'number') throw refused('claim', 'its iat is not a number');
  if (claims.iat > expected.clock.now() / 1000 + expected.toleranceSeconds)
    throw refused('not_yet_valid', 'it was issued in the future');
}

function checkNonce(claims: IdTokenClaims, nonce: string | undefined): void {
  if (nonce === undefined) return;
  if (typeof claims.nonce !== 'string' || !sameSecret(claims.nonce, nonce))
    throw refused('nonce', 'it does not belong to this sign-in');
}

// Core section 3.1.3.6: the left half of the hash that the signature algorithm uses.
function checkAccessTokenHash(claims: IdTokenClaims, expected: IdTokenExpectation): void {
  if (claims.at_hash === undefined || expected.accessToken === undefined) return;
  const digest = createHash(`sha${expected.alg.slice(2)}`)
    .update(expected.accessToken, 'ascii')
    .digest();
  const half = digest.subarray(0, digest.length / 2).toString('base64url');
  if (claims.at_hash !== half) throw refused('access_token_hash', 'it belongs to another access token');
}

function refused(fault: Fault['fault'], reason: string, facts: Partial<Fault> = {}): TokenError {
  return refuse({ ...facts, fault, reason });
}

function refuse({ fault, reason, expected, received }: Fault): TokenError {
  const facts = { expected, received };
  return new TokenError('id_token_invalid', fault, `The ID token is refused: ${reason}.`, facts);
}
