import { demoTablet } from '../authenticators/tablet/demo-key.ts';
import { kidOf, type TabletBody } from '../authenticators/tablet/signed.ts';
import { tabletKind } from '../authenticators/tablet.ts';
import type { Draft } from '../model/credentials.ts';

/** The tablet of the person of the seed who has one. */
export function tabletSeeds(): Draft[] {
  const { kty, crv, x, y } = demoTablet.jwk;
  const jwk = { kty, crv, x, y };
  const body: TabletBody = { jwk, ceiling: 3, shared: true };
  return [{ uid: '656005750106', kind: tabletKind, label: 'Tablet', lookup: kidOf(jwk), body }];
}
