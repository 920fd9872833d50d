import { createPrivateKey, type KeyObject } from 'node:crypto';
import { type Clock, seconds } from '@alongside/kernel/clock';
import { uuid } from '@alongside/kernel/ids';
import type { JsonWebKey } from '@alongside/kernel/jwk';
import { type JwtClaims, type SigningAlgorithm, signJwt } from '@alongside/kernel/jws';
import { newKeyPair } from '@alongside/kernel/keys';
import { clientAssertionType } from '../../oauth/client-assertion.ts';

/** A key of a client, and its public half as it is registered. */
export interface ClientKey {
  key: KeyObject;
  jwk: JsonWebKey;
}

export async function newClientKey(kid: string, algorithm: SigningAlgorithm = 'RS512'): Promise<ClientKey> {
  const { privatePem, publicJwk } = await newKeyPair(algorithm);
  return { key: createPrivateKey(privatePem), jwk: { ...publicJwk, kid } };
}

export interface AssertionOptions {
  id: string;
  audience: string;
  clock: Clock;
  signer: ClientKey;
  kid?: string;
  /** Replace members; undefined takes one away. */
  claims?: JwtClaims;
  header?: Record<string, unknown>;
  algorithm?: SigningAlgorithm;
}

/** A client assertion as suppliers make it. */
export async function assertionOf(options: AssertionOptions): Promise<string> {
  const {
    id,
    audience,
    clock,
    signer,
    kid = String(signer.jwk.kid),
    claims,
    header,
    algorithm = 'RS512',
  } = options;
  const clientId = `key-of-${id}`;
  const usual = { iss: clientId, sub: clientId, aud: audience, jti: uuid(), exp: seconds(clock) + 300 };
  const clean = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
  const head = clean({ alg: algorithm, typ: 'JWT', kid, ...header }) as { alg: SigningAlgorithm };
  // A header may claim any algorithm; what signs is the one that was chosen.
  const signed = await signJwt({ ...head, alg: algorithm }, clean({ ...usual, ...claims }), signer.key);
  if (header?.alg === undefined) return signed;
  const [, body = '', signature = ''] = signed.split('.');
  return `${Buffer.from(JSON.stringify(clean({ ...head, ...header }))).toString('base64url')}.${body}.${signature}`;
}

/** The parameters that carry an assertion. */
export const withAssertion = (assertion: string): Record<string, string> => ({
  client_assertion_type: clientAssertionType,
  client_assertion: assertion,
});
