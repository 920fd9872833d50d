import { createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import type { JsonWebKey, SigningAlgorithm } from './jws.ts';

const generate = promisify(generateKeyPair) as (
  type: string,
  options: object,
) => Promise<{ publicKey: KeyObject; privateKey: KeyObject }>;

const shapes: Record<SigningAlgorithm, { type: string; options: object }> = {
  RS256: { type: 'rsa', options: { modulusLength: 2048 } },
  RS512: { type: 'rsa', options: { modulusLength: 2048 } },
  PS256: { type: 'rsa', options: { modulusLength: 2048 } },
  ES256: { type: 'ec', options: { namedCurve: 'P-256' } },
  EdDSA: { type: 'ed25519', options: {} },
};

/** A key pair in its stored forms. */
export interface StoredPair {
  /** PKCS#8 PEM, or `token:` and the name of a key in a token. */
  privatePem: string;
  publicJwk: JsonWebKey;
}

/**
 * Generates a key pair in a thread. Exports through PEM, because a direct JWK export of a new key can
 * deadlock old runtimes.
 */
export async function newKeyPair(algorithm: SigningAlgorithm): Promise<StoredPair> {
  const { type, options } = shapes[algorithm];
  const pair = await generate(type, options);
  const privatePem = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  const publicJwk = createPublicKey(pair.publicKey.export({ type: 'spki', format: 'pem' })).export({
    format: 'jwk',
  }) as JsonWebKey;
  return { privatePem, publicJwk };
}

/** An algorithm of tokens, or RSASSA-PKCS1-v1_5 with SHA-1, which only documents may have. */
export type TokenAlgorithm = SigningAlgorithm | 'RS1';

/** A device that creates keys and signs with them. Private parts never leave it. */
export interface KeyToken {
  create(algorithm: SigningAlgorithm, label: string): Promise<{ key: string; publicJwk: JsonWebKey }>;
  sign(algorithm: TokenAlgorithm, key: string, data: Uint8Array): Promise<Buffer>;
  remove(key: string): Promise<void>;
}

const inToken = 'token:';

/** Generates a key pair, in the token if there is one. */
export async function newPairIn(
  token: KeyToken | undefined,
  algorithm: SigningAlgorithm,
  label: string,
): Promise<StoredPair> {
  if (!token) return newKeyPair(algorithm);
  const { key, publicJwk } = await token.create(algorithm, label);
  return { privatePem: `${inToken}${key}`, publicJwk };
}

/** Returns the name in its token of a stored private key; undefined for a key in PEM. */
export const tokenKeyOf = (privatePem: string): string | undefined =>
  privatePem.startsWith(inToken) ? privatePem.slice(inToken.length) : undefined;

/** Removes a stored private key from its token, if it is in one. */
export async function removeFromToken(token: KeyToken | undefined, privatePem: string): Promise<void> {
  const key = tokenKeyOf(privatePem);
  if (key !== undefined) await token?.remove(key);
}
