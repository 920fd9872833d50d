import { createHash } from 'node:crypto';
import { randomToken } from './secrets.ts';

/** Returns SHA-256 of a text as base64url without padding. */
export function sha256(value: string): string {
  return createHash('sha256').update(value, 'utf8').digest('base64url');
}

/** A PKCE pair: the verifier stays in the application, the challenge is sent in the authorization request. */
export interface ProofKey {
  verifier: string;
  challenge: string;
}

/** Creates a PKCE pair for S256. // RFC 7636 sections 4.1 and 4.2 */
export function createProofKey(): ProofKey {
  const verifier = randomToken();
  return { verifier, challenge: sha256(verifier) };
}
