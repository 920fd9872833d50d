import type { AuthenticatorKind } from '../kind.ts';
import { guesses } from '../shared/tries.ts';
import { passwordEnrolment } from './enrolment.ts';
import { passwordSeeds } from './seed.ts';
import { password, passwordKind, passwordStrength } from './sign-in.ts';

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
