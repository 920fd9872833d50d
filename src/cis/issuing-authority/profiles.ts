import type { CardProfile } from '../protocol.ts';

/** What is particular to the certificates of one profile. */
export interface Profile {
  /** Days from now until it ends; negative when it has ended. It always lasts two years. */
  endsIn: number;
  /** Recorded as revoked at its issue, for this reason (RFC 5280 section 5.3.1). */
  revoked: string | null;
  /** Whose authority signs it: ours, or one that CIS does not trust. */
  authority: 'own' | 'foreign';
}

/** Reference: the certificates of a card last two years. */
export const lifetimeDays = 731;

// A card has been in use for a month when it is made, so that a developer can move the clock back without making it useless.
const inUse = lifetimeDays - 30;

/** Every profile of a virtual card. */
export const profiles: Readonly<Record<CardProfile, Profile>> = {
  standard: { endsIn: inUse, revoked: null, authority: 'own' },
  expired: { endsIn: -1, revoked: null, authority: 'own' },
  revoked: { endsIn: inUse, revoked: 'keyCompromise', authority: 'own' },
  renew: { endsIn: 30, revoked: null, authority: 'own' },
  foreign: { endsIn: inUse, revoked: null, authority: 'foreign' },
};

export const profileNames = Object.keys(profiles) as CardProfile[];
