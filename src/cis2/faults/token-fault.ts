import type { JwtClaims, SigningAlgorithm } from '@alongside/kernel/jws';
import type { NamedFault } from '../../storage/faults.ts';

/** The signature of a faulty token. `unnamed` leaves out the `kid`; an `unknown` key is not in the key set. */
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

/** Returns a fault that replaces claims; `undefined` removes one. */
export const claiming = (
  name: string,
  summary: string,
  other: (claims: JwtClaims) => JwtClaims,
): TokenFault => ({
  name,
  summary,
  spoil: ({ claims, signature }) => ({ claims: { ...claims, ...other(claims) }, signature }),
});

/** Returns a fault of the signature only. */
export const signing = (name: string, summary: string, signature: FaultySignature): TokenFault => ({
  name,
  summary,
  spoil: ({ claims }) => ({ claims, signature }),
});

/** Returns an algorithm that the client did not register. */
export const otherThan = (algorithm: SigningAlgorithm): SigningAlgorithm =>
  algorithm === 'ES256' ? 'RS256' : 'ES256';
