import type { Draft } from '../../model/credentials.ts';
import { demoHash } from '../shared/demo.ts';
import { type TotpBody, totpKind } from './sign-in.ts';

/** FOR DEVELOPMENT ONLY: by persona, uid and the key of the app, the same in every installation. */
const seeded: readonly (readonly [persona: string, uid: string, secret: string])[] = [
  ['clinician-aal2', '656005750109', 'ALONGSIDECLINICIANAALTWOXXXXXXXX'],
  ['gp-aal2', '656005750111', 'ALONGSIDEGPAALTWOXXXXXXXXXXXXXXX'],
  ['admin-aal2', '656005750112', 'ALONGSIDEADMINAALTWOXXXXXXXXXXXX'],
];

/** Authenticator apps of people of the seed. */
export const totpSeeds = (): Draft[] =>
  seeded.map(([persona, uid, secret]) => {
    const email = `${persona}@example.test`;
    const body: TotpBody = { email, hash: demoHash, lastStep: null };
    return { uid, kind: totpKind, label: 'Authenticator app', lookup: email, body, secret };
  });
