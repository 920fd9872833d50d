import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type JsonWebKey, thumbprint } from '@alongside/kernel/jwk';
import { signJwt } from '@alongside/kernel/jws';
import { newKeyPair } from '@alongside/kernel/keys';
import { OperatorError } from '@alongside/kernel/operator';

/** A P-256 key that the agent holds: its own, or that of one session. */
export interface HeldKey {
  readonly publicJwk: JsonWebKey;
  /** SHA-256 thumbprint of the public key (RFC 7638). */
  readonly thumbprint: string;
  /** An ES256 JWS of these claims; `withKey` puts the public key into its header. */
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

/** A key for one session. It never leaves memory. */
export async function newSessionKey(): Promise<HeldKey> {
  const { privatePem, publicJwk } = await newKeyPair('ES256');
  return heldKey(createPrivateKey(privatePem), publicJwk);
}

/** The agent's own key from its file, mode 0600; made at the first start. @throws OperatorError when the file is no such key */
export async function agentKey(file: string): Promise<HeldKey> {
  const stored = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new OperatorError(`The agent's key ${file} cannot be read: ${error.message}`);
  });
  if (stored === undefined) {
    const { privatePem, publicJwk } = await newKeyPair('ES256');
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    // wx: of two agents that start at once on one folder, one makes the key and the other fails.
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
