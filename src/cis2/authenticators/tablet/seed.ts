import type { Draft } from '../../model/credentials.ts';
import { kidOf, publicPart, type TabletBody, tabletKind } from './protocol.ts';

/**
 * FOR DEVELOPMENT ONLY: the published private key of the seeded tablet. Only development is seeded with it, and other
 * instances refuse a key that is marked as shared.
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

export function tabletSeeds(): Draft[] {
  const jwk = publicPart(demoTablet.jwk);
  const body: TabletBody = { jwk, ceiling: 3, shared: true };
  return [{ uid: '656005750106', kind: tabletKind, label: 'Tablet', lookup: kidOf(jwk), body }];
}
