import type { Draft } from '../../model/credentials.ts';
import type { AuthenticatorKind } from '../kind.ts';
import { demoHash } from '../shared/accounts.ts';
import { totpEnrolment } from './enrolment.ts';
import { TotpGuesses } from './guesses.ts';
import { KnownBrowsers } from './known-browsers.ts';
import { type TotpBody, totp, totpKind, totpStrength } from './sign-in.ts';

/** FOR DEVELOPMENT ONLY: by persona, uid and the key of the app, the same in every installation. */
const seeded: readonly (readonly [persona: string, uid: string, secret: string])[] = [
  ['clinician-aal2', '656005750109', 'ALONGSIDECLINICIANAALTWOXXXXXXXX'],
  ['gp-aal2', '656005750111', 'ALONGSIDEGPAALTWOXXXXXXXXXXXXXXX'],
  ['admin-aal2', '656005750112', 'ALONGSIDEADMINAALTWOXXXXXXXXXXXX'],
];

/** Authenticator apps of people of the seed. */
const totpSeeds = (): Draft[] =>
  seeded.map(([persona, uid, secret]) => {
    const email = `${persona}@example.test`;
    const body: TotpBody = { email, hash: demoHash, lastStep: null };
    return { uid, kind: totpKind, label: 'Authenticator app', lookup: email, body, secret };
  });

/** An authenticator app: password and one-time code. */
export const authenticatorAppKind: AuthenticatorKind = {
  reaches: [totpStrength],
  create(dependencies) {
    const { database, clock, cookies, vault } = dependencies;
    const known = new KnownBrowsers(cookies, vault);
    const guesses = new TotpGuesses(database, clock, totpKind, known);
    return {
      authenticators: [totp({ ...dependencies, known, guesses })],
      enrolments: [totpEnrolment(dependencies)],
    };
  },
  seed: totpSeeds,
};
