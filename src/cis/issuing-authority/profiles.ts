import type { CardProfile } from '../protocol.ts';

/** What is particular to the certificates of one profile. */
export interface Profile {
  /** Days from now until it ends; negative when it has ended. It lasts two years in any case. */
  endsIn: number;
  /** Recorded as revoked at its issue, for this reason (RFC 5280 section 5.3.1). */
  revoked: string | null;
  /** Whose authority signs it: ours, or one that CIS does not trust. */
  authority: 'own' | 'foreign';
}

const day = 86_400_000;
/** A certificate of a card lasts two years. */
const lifetimeYears = 2;

// A card has been in use for a month when it is made, so that a developer can move the clock back without making it useless.
const inUse = lifetimeYears * 365 - 30;

/** Every profile of a virtual card. */
export const profiles: Readonly<Record<CardProfile, Profile>> = {
  standard: { endsIn: inUse, revoked: null, authority: 'own' },
  expired: { endsIn: -1, revoked: null, authority: 'own' },
  revoked: { endsIn: inUse, revoked: 'keyCompromise', authority: 'own' },
  renew: { endsIn: 30, revoked: null, authority: 'own' },
  foreign: { endsIn: inUse, revoked: null, authority: 'foreign' },
};

export const profileNames = Object.keys(profiles) as CardProfile[];

/** When a certificate of this profile begins and ends, in milliseconds, if it is made now. */
export function validityOf({ endsIn }: Profile, now: number): { notBefore: number; notAfter: number } {
  const notAfter = now + endsIn * day;
  const begin = new Date(notAfter);
  begin.setUTCFullYear(begin.getUTCFullYear() - lifetimeYears);
  return { notBefore: begin.getTime(), notAfter };
}
