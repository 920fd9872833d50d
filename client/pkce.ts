import { randomToken, sha256 } from './secrets.ts';

/** One proof key: the verifier stays here, the challenge travels with the authorization request. */
export interface ProofKey {
  verifier: string;
  challenge: string;
}

/** Makes a proof key for the method S256. // RFC 7636 sections 4.1 and 4.2 */
export function createProofKey(): ProofKey {
  const verifier = randomToken();
  return { verifier, challenge: sha256(verifier) };
}
