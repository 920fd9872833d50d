import { randomToken, sha256 } from './secrets.ts';

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
