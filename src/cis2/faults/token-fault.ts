import type { JwtClaims, SigningAlgorithm } from '@alongside/kernel/jws';
import type { NamedFault } from '../../storage/faults.ts';

/** How a faulty token is signed: as it should be, not at all, so that it does not hold, by a key nobody has, by another algorithm, or without naming the key, which may be one nobody has. */
export type FaultySignature =
  | 'right'
  | 'none'
  | 'broken'
  | 'unknown key'
  | 'other algorithm'
  | 'unnamed key'
  | 'unnamed unknown key';

/** A token before it is signed. */
export interface TokenDraft {
  readonly claims: JwtClaims;
  readonly signature: FaultySignature;
}

/** A fault of a token. */
export interface TokenFault extends NamedFault {
  spoil(draft: TokenDraft): TokenDraft;
}

/** A fault that puts other claims in; `undefined` leaves one out. */
export const claiming = (
  name: string,
  summary: string,
  other: (claims: JwtClaims) => JwtClaims,
): TokenFault => ({
  name,
  summary,
  spoil: ({ claims, signature }) => ({ claims: { ...claims, ...other(claims) }, signature }),
});

/** A fault of the signature alone. */
export const signing = (name: string, summary: string, signature: FaultySignature): TokenFault => ({
  name,
  summary,
  spoil: ({ claims }) => ({ claims, signature }),
});

/** The algorithm that stands for a wrong one. */
export const otherThan = (algorithm: SigningAlgorithm): SigningAlgorithm =>
  algorithm === 'ES256' ? 'RS256' : 'ES256';
