import type { Draft } from '../../model/credentials.ts';
import { kidOf, type TabletBody } from './protocol.ts';
import { tabletKind } from './sign-in.ts';

/**
 * FOR DEVELOPMENT ONLY, and public to the whole world: the key of the seeded tablet. Only development is seeded with its
 * public half, and no other instance takes a key that is marked as shared.
 */
export const demoTablet = {
  persona: 'locum',
  jwk: {
    kty: 'EC',
    crv: 'P-256',
    x: '2KGlnXmejS2q8diTEBOepbEIpkD-nBthXSeZC-fQk14',
    y: '0zmXkXciJcBFeGNjBh-aUkRMFAyQAYN-HWFy9gUCsXM',
    d: '09LWwjViIoXBAoHFidxj4Y7CF6h466Jogm8Uri-hFU0',
  },
} as const;

/** The tablet of the person of the seed who has one. */
export function tabletSeeds(): Draft[] {
  const { kty, crv, x, y } = demoTablet.jwk;
  const jwk = { kty, crv, x, y };
  const body: TabletBody = { jwk, ceiling: 3, shared: true };
  return [{ uid: '656005750106', kind: tabletKind, label: 'Tablet', lookup: kidOf(jwk), body }];
}
