import type { Draft } from '../../model/credentials.ts';
import type { AuthenticatorKind } from '../kind.ts';
import { type Account, demoHash } from '../shared/accounts.ts';
import { guesses } from '../shared/tries.ts';
import { passwordEnrolment } from './enrolment.ts';
import { passwordAuthenticator, passwordKind, passwordStrength } from './sign-in.ts';

/** The password of the seeded user without another authenticator. */
function passwordSeeds(): Draft[] {
  const email = 'aal1@example.test';
  const body: Account = { email, hash: demoHash };
  return [{ uid: '656005750110', kind: passwordKind, label: 'Password', lookup: email, body }];
}

/** A password alone, in the password realm. */
export const passwordOnlyKind: AuthenticatorKind = {
  only: 'password-realm',
  reaches: [passwordStrength],
  create(given) {
    const { database, clock } = given;
    return {
      authenticators: [passwordAuthenticator({ ...given, guesses: guesses(database, clock, passwordKind) })],
      enrolments: [passwordEnrolment(given)],
    };
  },
  seed: passwordSeeds,
};
