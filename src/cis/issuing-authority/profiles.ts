import { type KeyObject, verify } from 'node:crypto';
import { onceFor } from '../../storage/row.ts';
import type { CardProfile, RevocationReason } from '../protocol.ts';
import type { AuthorityId } from './authority.ts';

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

/** The details of a key are read once. */
const kindOf = onceFor((key: KeyObject): CardKeyKind | undefined => {
  const kind = kinds[key.asymmetricKeyType ?? ''];
  return kind?.fits(key) ? kind : undefined;
});

/** Returns whether a card may have this key. */
export const isCardKey = (key: KeyObject): boolean => kindOf(key) !== undefined;

/** Verifies a signature. Returns false for a key that no card may have. */
export const signedByCard = (
  key: KeyObject,
  message: Uint8Array,
  signature: Uint8Array,
  digest: CardDigest = 'sha256',
): boolean => kindOf(key)?.verify(key, message, signature, digest) ?? false;

/** Arc of the certificate policies of this product, from a random UUID (ITU-T X.667), so that no real system trusts a test card. */
const arc = '2.25.138091577927418632553263954621612673414';

export const purposes = ['authentication', 'signing'] as const;

export type CertificatePurpose = (typeof purposes)[number];

/** A certificate policy of a card (RFC 5280 section 4.2.1.4). */
export interface CardPolicy {
  oid: string;
  purpose: CertificatePurpose;
  /** Whether these cards are software, which is accepted only if virtual cards are allowed. */
  virtual: boolean;
  /** First byte of the key usage (RFC 5280 section 4.2.1.3), and its number of unused bits. */
  keyUsage: { bits: number; unused: number };
}

const digitalSignature = { bits: 0x80, unused: 7 };
/** Also called contentCommitment. */
const nonRepudiation = { bits: 0x40, unused: 6 };

export const virtualCardPolicies: Readonly<Record<CertificatePurpose, CardPolicy>> = {
  authentication: { oid: `${arc}.1`, purpose: 'authentication', virtual: true, keyUsage: digitalSignature },
  signing: { oid: `${arc}.2`, purpose: 'signing', virtual: true, keyUsage: nonRepudiation },
};

/** Policy of a certificate whose key is at the signing service. No card has it, so it is accepted at no sign-in. */
export const servicePolicy = { oid: `${arc}.3`, keyUsage: nonRepudiation };

/** Every policy that CIS issues or accepts for cards. */
export const cardPolicies: readonly CardPolicy[] = Object.values(virtualCardPolicies);

/** The properties of the certificates of a profile. */
export interface Profile {
  /** Days until the certificates expire; negative for expired ones. Their lifetime is two years in any case. */
  endsIn: number;
  /** The reason for which they are issued as revoked (RFC 5280 section 5.3.1). */
  revoked: RevocationReason | null;
  authority: AuthorityId;
}

const day = 86_400_000;
const lifetimeYears = 2;

// A new card is already a month old, so that it stays valid when a developer moves the clock back.
const inUse = lifetimeYears * 365 - 30;

export const profiles: Readonly<Record<CardProfile, Profile>> = {
  standard: { endsIn: inUse, revoked: null, authority: 'own' },
  expired: { endsIn: -1, revoked: null, authority: 'own' },
  revoked: { endsIn: inUse, revoked: 'keyCompromise', authority: 'own' },
  renew: { endsIn: 30, revoked: null, authority: 'own' },
  foreign: { endsIn: inUse, revoked: null, authority: 'foreign' },
};

export const profileNames = Object.keys(profiles) as CardProfile[];

/** Returns the validity of a certificate that is issued now, in milliseconds. */
export function validityOf({ endsIn }: Profile, now: number): { notBefore: number; notAfter: number } {
  const notAfter = now + endsIn * day;
  const begin = new Date(notAfter);
  begin.setUTCFullYear(begin.getUTCFullYear() - lifetimeYears);
  return { notBefore: begin.getTime(), notAfter };
}
