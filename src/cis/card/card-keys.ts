import { type KeyObject, verify } from 'node:crypto';

/** How one kind of card key signs. */
interface CardKeyKind {
  fits(key: KeyObject): boolean;
  verify(key: KeyObject, message: Uint8Array, signature: Uint8Array): boolean;
}

const bitsOf = (key: KeyObject): number => key.asymmetricKeyDetails?.modulusLength ?? 0;

/** Every kind of key that a card may have, by node:crypto's name of it. All sign over SHA-256. */
const kinds: Readonly<Record<string, CardKeyKind>> = {
  ec: {
    fits: (key) => key.asymmetricKeyDetails?.namedCurve === 'prime256v1',
    verify: (key, message, signature) => verify('sha256', message, { key, dsaEncoding: 'der' }, signature),
  },
  rsa: {
    fits: (key) => bitsOf(key) >= 2_048 && bitsOf(key) <= 4_096,
    // RSASSA-PKCS1-v1_5 (RFC 8017 section 8.2), which is what a PIV card makes.
    verify: (key, message, signature) => verify('sha256', message, key, signature),
  },
};

const kindOf = (key: KeyObject): CardKeyKind | undefined => {
  const kind = kinds[key.asymmetricKeyType ?? ''];
  return kind?.fits(key) ? kind : undefined;
};

/** Whether a card may have this key. */
export const isCardKey = (key: KeyObject): boolean => kindOf(key) !== undefined;

/** Whether the holder of this key signed this message. False also for a key that no card may have. */
export const signedByCard = (key: KeyObject, message: Uint8Array, signature: Uint8Array): boolean =>
  kindOf(key)?.verify(key, message, signature) ?? false;
