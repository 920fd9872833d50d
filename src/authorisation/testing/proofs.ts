import { type Clock, seconds } from '@alongside/kernel/clock';
import { uuid } from '@alongside/kernel/ids';
import {
  type JsonWebKey,
  type JwtClaims,
  type SigningAlgorithm,
  signJwt,
  thumbprint,
} from '@alongside/kernel/jws';
import { type ClientKey, newClientKey } from './assertions.ts';
import { standardIssuer } from './standard.ts';

/** A client that proves that it holds a key (RFC 9449). */
export interface Prover {
  jkt: string;
  signer: ClientKey;
  /** Creates a proof; removes members that are undefined. */
  proof(claims?: JwtClaims, header?: Record<string, unknown>): Promise<string>;
  /** The header with a proof for the token endpoint. */
  header(claims?: JwtClaims, header?: Record<string, unknown>): Promise<Record<string, string>>;
}

export async function newProver(clock: Clock, algorithm: SigningAlgorithm = 'ES256'): Promise<Prover> {
  const signer = await newClientKey('', algorithm);
  const { kid: _, ...jwk } = signer.jwk as JsonWebKey;
  const proof = (claims: JwtClaims = {}, header: Record<string, unknown> = {}): Promise<string> => {
    const usual = { htm: 'POST', htu: `${standardIssuer}/token`, iat: seconds(clock), jti: uuid() };
    const kept = JSON.parse(JSON.stringify({ ...usual, ...claims })) as JwtClaims;
    return signJwt({ alg: algorithm, typ: 'dpop+jwt', jwk, ...header }, kept, signer.key);
  };
  return {
    jkt: thumbprint(jwk),
    signer,
    proof,
    header: async (claims, header) => ({ dpop: await proof(claims, header) }),
  };
}
