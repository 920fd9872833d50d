import { type KeyObject, verify } from 'node:crypto';

/** Hash functions that cards sign over. SHA-1 only where somebody has switched it on, for old cards. */
export type CardDigest = 'sha256' | 'sha1';

/** How one kind of card key signs. */
interface CardKeyKind {
  fits(key: KeyObject): boolean;
  verify(key: KeyObject, message: Uint8Array, signature: Uint8Array, digest: CardDigest): boolean;
}

const bitsOf = (key: KeyObject): number => key.asymmetricKeyDetails?.modulusLength ?? 0;

/** Every kind of key that a card may have, by node:crypto's name of it. */
const kinds: Readonly<Record<string, CardKeyKind>> = {
  ec: {
    fits: (key) => key.asymmetricKeyDetails?.namedCurve === 'prime256v1',
    verify: (key, message, signature, digest) =>
      verify(digest, message, { key, dsaEncoding: 'der' }, signature),
  },
  rsa: {
    fits: (key) => bitsOf(key) >= 2_048 && bitsOf(key) <= 4_096,
    // RSASSA-PKCS1-v1_5 (RFC 8017 section 8.2), which is what a PIV card makes.
    verify: (key, message, signature, digest) => verify(digest, message, key, signature),
  },
};

const kindOf = (key: KeyObject): CardKeyKind | undefined => {
  const kind = kinds[key.asymmetricKeyType ?? ''];
  return kind?.fits(key) ? kind : undefined;
};

/** Whether a card may have this key. */
export const isCardKey = (key: KeyObject): boolean => kindOf(key) !== undefined;

/** Whether the holder of this key signed this message. False also for a key that no card may have. */
export const signedByCard = (
  key: KeyObject,
  message: Uint8Array,
  signature: Uint8Array,
  digest: CardDigest = 'sha256',
): boolean => kindOf(key)?.verify(key, message, signature, digest) ?? false;
