import type { Draft } from '../../model/credentials.ts';
import type { AuthenticatorKind } from '../kind.ts';
import { demoHash } from '../shared/accounts.ts';
import { totpEnrolment } from './enrolment.ts';
import { TotpGuesses } from './guesses.ts';
import { KnownBrowsers } from './known-browsers.ts';
import { type TotpBody, totpAuthenticator, totpKind, totpStrength } from './sign-in.ts';

/** FOR DEVELOPMENT ONLY: the public keys of seeded apps. */
const seeded: readonly (readonly [persona: string, uid: string, secret: string])[] = [
  ['clinician-aal2', '656005750109', 'ALONGSIDECLINICIANAALTWOXXXXXXXX'],
  ['gp-aal2', '656005750111', 'ALONGSIDEGPAALTWOXXXXXXXXXXXXXXX'],
  ['admin-aal2', '656005750112', 'ALONGSIDEADMINAALTWOXXXXXXXXXXXX'],
];

const totpSeeds = (): Draft[] =>
  seeded.map(([persona, uid, secret]) => {
    const email = `${persona}@example.test`;
    const body: TotpBody = { email, hash: demoHash, lastStep: null };
    return { uid, kind: totpKind, label: 'Authenticator app', lookup: email, body, secret };
  });

/** An authenticator app: password and one-time code. */
export const authenticatorAppKind: AuthenticatorKind = {
  reaches: [totpStrength],
  create(given) {
    const { database, clock, cookies, vault } = given;
    const known = new KnownBrowsers(cookies, vault);
    const guesses = new TotpGuesses(database, clock, totpKind, known);
    return {
      authenticators: [totpAuthenticator({ ...given, known, guesses })],
      enrolments: [totpEnrolment(given)],
    };
  },
  seed: totpSeeds,
};
