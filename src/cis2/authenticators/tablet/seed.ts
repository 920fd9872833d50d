import type { Draft } from '../../model/credentials.ts';
import { demoTablet } from './demo-key.ts';
import { tabletKind } from './sign-in.ts';
import { kidOf, type TabletBody } from './signed.ts';

/** The tablet of the person of the seed who has one. */
export function tabletSeeds(): Draft[] {
  const { kty, crv, x, y } = demoTablet.jwk;
  const jwk = { kty, crv, x, y };
  const body: TabletBody = { jwk, ceiling: 3, shared: true };
  return [{ uid: '656005750106', kind: tabletKind, label: 'Tablet', lookup: kidOf(jwk), body }];
}
