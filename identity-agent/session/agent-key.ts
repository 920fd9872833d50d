import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type JsonWebKey, signJwt, thumbprint } from '@alongside/kernel/jws';
import { newKeyPair } from '@alongside/kernel/key-pairs';
import { isMissing, makeFolder, OperatorError } from '@alongside/kernel/operator';

/** A P-256 key of the agent: its own, or that of one session. */
export interface HeldKey {
  readonly publicJwk: JsonWebKey;
  /** SHA-256 thumbprint of the public key (RFC 7638). */
  readonly thumbprint: string;
  /** Signs claims as an ES256 JWS; `withKey` adds the public key to its header. */
  sign(typ: string, claims: Record<string, unknown>, options?: { withKey?: boolean }): Promise<string>;
}

const publicJwkOf = (key: KeyObject): JsonWebKey => {
  const pem = createPublicKey(key).export({ type: 'spki', format: 'pem' });
  return createPublicKey(pem).export({ format: 'jwk' }) as JsonWebKey;
};

function heldKey(key: KeyObject, publicJwk: JsonWebKey): HeldKey {
  return {
    publicJwk,
    thumbprint: thumbprint(publicJwk),
    sign: (typ, claims, options = {}) =>
      signJwt({ alg: 'ES256', typ, ...(options.withKey ? { jwk: publicJwk } : {}) }, claims, key),
  };
}

/** Generates a key for one session. It never leaves memory. */
export async function newSessionKey(): Promise<HeldKey> {
  const { privatePem, publicJwk } = await newKeyPair('ES256');
  return heldKey(createPrivateKey(privatePem), publicJwk);
}

/**
 * Reads the agent's own key from its file, mode 0600, or creates it at the first start. @throws OperatorError for an invalid file
 */
export async function agentKey(file: string): Promise<HeldKey> {
  const stored = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (isMissing(error)) return undefined;
    throw new OperatorError(`The agent's key ${file} cannot be read: ${error.message}`);
  });
  if (stored === undefined) {
    const { privatePem, publicJwk } = await newKeyPair('ES256');
    makeFolder(dirname(file), 0o700);
    // wx: of two agents that start at once in one folder, one creates the key and the other fails.
    await writeFile(file, privatePem, { flag: 'wx', mode: 0o600 });
    return heldKey(createPrivateKey(privatePem), publicJwk);
  }
  try {
    await chmod(file, 0o600);
    const key = createPrivateKey(stored);
    if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') throw new Error('it is not a P-256 key');
    return heldKey(key, publicJwkOf(key));
  } catch (error) {
    throw new OperatorError(`The agent's key ${file} is damaged: ${(error as Error).message}`);
  }
}
