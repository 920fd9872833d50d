import { constants, createPrivateKey, createPublicKey, KeyObject, sign } from 'node:crypto';
import type { JWK } from 'jose';
import type { Clock } from './clock.ts';
import { checkedText } from './config.ts';
import { createProofs, type Dpop } from './dpop.ts';
import { ClientError } from './errors.ts';
import type { Signer } from './jws.ts';

/** Signature algorithms of client assertions. */
export type SigningAlgorithm = 'RS256' | 'RS512' | 'PS256' | 'ES256';

/** A private key that signs: in the settings, or elsewhere. */
export type SigningKey = LocalKey | RemoteKey;

/** A private key in the settings. */
export interface LocalKey {
  /** The registered id of its public key. */
  kid: string;
  /** The private key: PEM text, JWK, or a key object. */
  privateKey: string | JWK | KeyObject;
}

/** A private key that never leaves a key service, an HSM, or a PKCS#11 module. */
export interface RemoteKey {
  kid: string;
  /**
   * Signs bytes with the algorithm, the hash included. The signature has the form of RFC 7518 section 3: for ES256 that is 64 bytes,
   * not DER.
   */
  sign(bytes: Uint8Array, alg: SigningAlgorithm): Promise<Uint8Array>;
  /** For `publicKeySet` only: PEM text, JWK, or a key object. */
  publicKey?: string | JWK | KeyObject | undefined;
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
 * Reads a private key and checks that it fits the algorithm. Throws `settings_invalid`; the message never quotes the key. The
 * function signs with it.
 */
export function readSigningKey(
  setting: string,
  key: SigningKey | undefined,
  alg: SigningAlgorithm,
): { kid: string; sign: Signer } {
  checkedAlgorithm(`${setting}.alg`, alg);
  const kid = checkedText(`${setting}.kid`, key?.kid);
  if (key && 'sign' in key)
    return { kid, sign: async (bytes) => checkedForm(await key.sign(bytes, alg), alg) };
  const local = readKey(setting, key, createPrivateKey);
  checkFit(setting, local, alg);
  return { kid, sign: async (bytes) => signLocally(bytes, local, alg) };
}

function signLocally(bytes: Uint8Array, key: KeyObject, alg: SigningAlgorithm): Uint8Array {
  const hash = `sha${alg.slice(2)}`;
  if (alg === 'ES256') return sign(hash, bytes, { key, dsaEncoding: 'ieee-p1363' });
  if (alg === 'PS256') {
    const { RSA_PKCS1_PSS_PADDING: padding, RSA_PSS_SALTLEN_DIGEST: saltLength } = constants;
    return sign(hash, bytes, { key, padding, saltLength });
  }
  return sign(hash, bytes, key);
}

// Key services return DER for EC keys, which the servers refuse.
function checkedForm(signature: Uint8Array, alg: SigningAlgorithm): Uint8Array {
  const fits = KEYS[alg] === 'ec' ? signature.length === 64 : signature.length >= 256;
  if (fits) return signature;
  throw new ClientError(
    'settings_invalid',
    `The function sign of the key returned no signature for ${alg}.`,
    {
      expected: KEYS[alg] === 'ec' ? 'r and s, 64 bytes in all (RFC 7518 section 3.4)' : '256 bytes or more',
      received: `${signature.length} bytes`,
    },
  );
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
    `The key of the setting ${setting} does not fit ${alg}: it takes ${expected}.`,
    {
      expected,
      received,
    },
  );
}

function readKey(
  setting: string,
  key: SigningKey | undefined,
  create: typeof createPrivateKey | typeof createPublicKey,
): KeyObject {
  const isPrivate = create === createPrivateKey;
  const [member, type] = isPrivate ? ['privateKey', 'private'] : ['publicKey', 'public'];
  try {
    const source = (key as Partial<Record<string, string | JWK | KeyObject>> | undefined)?.[member];
    if (source === undefined) throw new TypeError('no key');
    if (typeof source === 'string') return create(source);
    if (!(source instanceof KeyObject)) return create({ key: source, format: 'jwk' });
    if (source.type !== type) throw new TypeError('another type');
    return source;
  } catch {
    const message = `The setting ${setting}.${member} is not a ${type} key (PEM or JWK).`;
    throw new ClientError('settings_invalid', message);
  }
}

/**
 * Returns the public part of the keys, to register or serve as a key set. To rotate, publish the new key together with the old
 * one, sign with it a day later, and then remove the old one.
 */
export function publicKeySet(keys: (SigningKey & { alg: SigningAlgorithm })[]): { keys: JWK[] } {
  return {
    keys: keys.map((entry) => {
      const { kid, alg } = entry;
      readSigningKey('keys', entry, alg);
      const key =
        'sign' in entry
          ? readKey('keys', entry, createPublicKey)
          : createPublicKey(readKey('keys', entry, createPrivateKey));
      checkFit('keys', key, alg);
      return { ...(key.export({ format: 'jwk' }) as JWK), kid, alg, use: 'sig' };
    }),
  };
}

/** The key to which tokens are bound (sender constraint). */
export type DpopKey = SigningKey & { alg: SigningAlgorithm };

/** Creates the proofs of a key in the settings or elsewhere. Throws `settings_invalid`. */
export function createDpop(key: DpopKey, clock: Clock): Dpop {
  const { alg } = key;
  const { sign } = readSigningKey('dpop', key, alg);
  const [published] = publicKeySet([key]).keys;
  const { kty, crv, x, y, n, e } = published ?? {};
  return createProofs({ alg, jwk: kty === 'EC' ? { kty, crv, x, y } : { kty, n, e }, sign }, clock);
}
