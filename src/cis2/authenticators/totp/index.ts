import type { AuthenticatorKind } from '../kind.ts';
import { totpEnrolment } from './enrolment.ts';
import { TotpGuesses } from './guesses.ts';
import { KnownBrowsers } from './known-browsers.ts';
import { totpSeeds } from './seed.ts';
import { totp, totpKind, totpStrength } from './sign-in.ts';

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
