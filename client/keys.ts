import { createPrivateKey, createPublicKey, KeyObject } from 'node:crypto';
import type { JWK } from 'jose';
import { checkedText } from './config.ts';
import { ClientError } from './errors.ts';

/** Signature algorithms of client assertions. */
export type SigningAlgorithm = 'RS256' | 'RS512' | 'PS256' | 'ES256';

/** A private key in the settings. */
export interface SigningKey {
  /** The registered id of its public key. */
  kid: string;
  /** The private key: PEM text, JWK, or a key object. */
  privateKey: string | JWK | KeyObject;
}

/** The key type of each signature algorithm that this library supports. // RFC 7518 sections 3.3 to 3.5 */
const KEYS: Readonly<Record<SigningAlgorithm, 'rsa' | 'ec'>> = {
  RS256: 'rsa',
  RS512: 'rsa',
  PS256: 'rsa',
  ES256: 'ec',
};

/** Validates an algorithm in the settings. Throws `settings_invalid`. */
export function checkedAlgorithm(setting: string, alg: SigningAlgorithm): SigningAlgorithm {
  if (Object.hasOwn(KEYS, alg)) return alg;
  const names = Object.keys(KEYS).join(', ');
  throw new ClientError('settings_invalid', `The setting ${setting} must be one of ${names}.`);
}

/**
 * Reads a private key and checks that it fits the algorithm, if given. Throws `settings_invalid`; the message never quotes the
 * key.
 */
export function readSigningKey(
  setting: string,
  key: SigningKey | undefined,
  alg?: SigningAlgorithm,
): { kid: string; key: KeyObject } {
  const read = readKey(setting, key);
  if (alg !== undefined) checkFit(setting, read.key, checkedAlgorithm(`${setting}.alg`, alg));
  return read;
}

function checkFit(
  setting: string,
  { asymmetricKeyType, asymmetricKeyDetails }: KeyObject,
  alg: SigningAlgorithm,
): void {
  const expected = KEYS[alg] === 'rsa' ? 'an RSA key of 2048 bits or more' : 'an EC key on P-256';
  const { modulusLength = 0, namedCurve } = asymmetricKeyDetails ?? {};
  const fits = KEYS[alg] === 'rsa' ? modulusLength >= 2048 : namedCurve === 'prime256v1';
  if (fits && asymmetricKeyType === KEYS[alg]) return;
  const received = `${asymmetricKeyType} ${modulusLength || namedCurve || ''}`.trim();
  throw new ClientError(
    'settings_invalid',
    `The setting ${setting}.privateKey does not fit ${alg}: it takes ${expected}.`,
    {
      expected,
      received,
    },
  );
}

function readKey(setting: string, key: SigningKey | undefined): { kid: string; key: KeyObject } {
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
 * Returns the public part of the keys, to register or serve as a key set. To rotate, publish the new key together with the old
 * one, sign with it a day later, and then remove the old one.
 */
export function publicKeySet(keys: (SigningKey & { alg: SigningAlgorithm })[]): { keys: JWK[] } {
  return {
    keys: keys.map((entry) => {
      const { kid, key } = readSigningKey('keys', entry, entry.alg);
      return { ...(createPublicKey(key).export({ format: 'jwk' }) as JWK), kid, alg: entry.alg, use: 'sig' };
    }),
  };
}
