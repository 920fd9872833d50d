import { type KeyObject, verify } from 'node:crypto';

/** Hash functions of card signatures. SHA-1 is for old cards, and off by default. */
export type CardDigest = 'sha256' | 'sha1';

interface CardKeyKind {
  fits(key: KeyObject): boolean;
  verify(key: KeyObject, message: Uint8Array, signature: Uint8Array, digest: CardDigest): boolean;
}

const bitsOf = (key: KeyObject): number => key.asymmetricKeyDetails?.modulusLength ?? 0;

/** The allowed kinds of card keys, by their names in node:crypto. */
const kinds: Readonly<Record<string, CardKeyKind>> = {
  ec: {
    fits: (key) => key.asymmetricKeyDetails?.namedCurve === 'prime256v1',
    verify: (key, message, signature, digest) =>
      verify(digest, message, { key, dsaEncoding: 'der' }, signature),
  },
  rsa: {
    fits: (key) => bitsOf(key) >= 2_048 && bitsOf(key) <= 4_096,
    // RSASSA-PKCS1-v1_5 (RFC 8017 section 8.2), as PIV cards sign.
    verify: (key, message, signature, digest) => verify(digest, message, key, signature),
  },
};

const kindOf = (key: KeyObject): CardKeyKind | undefined => {
  const kind = kinds[key.asymmetricKeyType ?? ''];
  return kind?.fits(key) ? kind : undefined;
};

/** Returns whether a card may have this key. */
export const isCardKey = (key: KeyObject): boolean => kindOf(key) !== undefined;

/** Verifies a signature. Returns false for a key that no card may have. */
export const signedByCard = (
  key: KeyObject,
  message: Uint8Array,
  signature: Uint8Array,
  digest: CardDigest = 'sha256',
): boolean => kindOf(key)?.verify(key, message, signature, digest) ?? false;
