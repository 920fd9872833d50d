import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { JWK } from 'jose';

/** Generates an RSA key for the settings. */
export function rsaKey(kid: string): { kid: string; privateKey: JWK } {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { kid, privateKey: privateKey.export({ format: 'jwk' }) as JWK };
}

/** Returns the private part, to sign what a provider would. */
export function privateKeyOf({ privateKey }: { privateKey: JWK }): KeyObject {
  return createPrivateKey({ key: privateKey, format: 'jwk' });
}
