import { equalHashes, sha256 } from '@alongside/kernel/secrets';

const verifierForm = /^[A-Za-z0-9\-._~]{43,128}$/;
const challengeForm = /^[A-Za-z0-9_-]{43}$/;

/** Returns whether a challenge has the form of S256, the only supported method (RFC 7636 section 4.2, RFC 9700 section 2.1.1). */
export const isChallenge = (value: string): boolean => challengeForm.test(value);

/** Returns whether a verifier matches a challenge (RFC 7636 section 4.6). */
export const verifierFits = (verifier: string | undefined, challenge: string): boolean =>
  verifier !== undefined && verifierForm.test(verifier) && equalHashes(sha256(verifier), challenge);
