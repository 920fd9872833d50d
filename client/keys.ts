import { createPrivateKey, createPublicKey, KeyObject } from 'node:crypto';
import type { JWK } from 'jose';
import { checkedText } from './config.ts';
import { ClientError } from './errors.ts';

/** Signature algorithms of client assertions. */
export type SigningAlgorithm = 'RS256' | 'RS512' | 'PS256' | 'ES256';

/** A private key as settings hold it. */
export interface SigningKey {
  /** The id under which the public half is registered. */
  kid: string;
  /** The private key: PEM text, JWK, or a key object. */
  privateKey: string | JWK | KeyObject;
}

/** Reads a private key. Throws `settings_invalid`; the message never quotes the key. */
export function readSigningKey(
  setting: string,
  key: SigningKey | undefined,
): { kid: string; key: KeyObject } {
  const kid = checkedText(`${setting}.kid`, key?.kid);
  try {
    const source = key?.privateKey;
    if (source === undefined) throw new TypeError('no key');
    if (typeof source === 'string') return { kid, key: createPrivateKey(source) };
    if (!(source instanceof KeyObject)) return { kid, key: createPrivateKey({ key: source, format: 'jwk' }) };
    if (source.type !== 'private') throw new TypeError('not private');
    return { kid, key: source };
  } catch {
    throw new ClientError(
      'settings_invalid',
      `The setting ${setting}.privateKey is not a private key (PEM or JWK).`,
    );
  }
}

/**
 * The public half of the keys, ready to be registered or served as a key set. To roll over, publish the new
 * key next to the old one, sign with it a day later, and take the old one away after that.
 */
export function publicKeySet(keys: (SigningKey & { alg: SigningAlgorithm })[]): { keys: JWK[] } {
  return {
    keys: keys.map((entry) => {
      const { kid, key } = readSigningKey('keys', entry);
      return { ...(createPublicKey(key).export({ format: 'jwk' }) as JWK), kid, alg: entry.alg, use: 'sig' };
    }),
  };
}
