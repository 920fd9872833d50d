import type { Draft } from '../../model/credentials.ts';
import type { AuthenticatorKind } from '../kind.ts';
import { type Account, demoHash } from '../shared/accounts.ts';
import { guesses } from '../shared/tries.ts';
import { passwordEnrolment } from './enrolment.ts';
import { password, passwordKind, passwordStrength } from './sign-in.ts';

/** The one person of the seed who has nothing but a password. */
function passwordSeeds(): Draft[] {
  const email = 'aal1@example.test';
  const body: Account = { email, hash: demoHash };
  return [{ uid: '656005750110', kind: passwordKind, label: 'Password', lookup: email, body }];
}

/** A password alone, in the password realm. */
export const passwordOnlyKind: AuthenticatorKind = {
  only: 'password-realm',
  reaches: [passwordStrength],
  create: (dependencies) => ({
    authenticators: [
      password({
        ...dependencies,
        guesses: guesses(dependencies.database, dependencies.clock, passwordKind),
      }),
    ],
    enrolments: [passwordEnrolment(dependencies)],
  }),
  seed: passwordSeeds,
};
