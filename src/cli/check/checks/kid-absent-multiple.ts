import { type Check, failed, notRun, passed, warning } from '../check.ts';
import { learnsNewKey, unlearned } from '../new-key.ts';
import { isAccident } from '../refusal.ts';
import { placeOf } from '../trial.ts';

export const kidAbsentMultiple: Check = {
  name: 'oidcc-client-test-kid-absent-multiple-jwks',
  does: 'After CIS2 changed its signing key, so that several in its key set fit, two sign-ins in which the ID token does not name its key: one with the right key, one with a key that is not in the set.',
  expects: 'It refuses the first or tries each key; it refuses the sign-in with the second.',
  source: 'OpenID Connect Core 1.0 sections 3.1.3.7 item 6 and 10.1',
  async run(trial) {
    const { provider } = trial;
    if (!trial.keyChanged && !(await learnsNewKey(trial))) return unlearned;
    const right = await provider.withFault('id-token-unnamed-key', { next: 1 }, () => trial.signIn());
    const wrong = await provider.withFault('id-token-unnamed-unknown-key', { next: 1 }, () => trial.signIn());
    if (!right.met || !wrong.met) return notRun('The application did not ask CIS2 for tokens.');
    if (wrong.result.signedIn) return failed('It signed the person in with a key that is not in the set.');
    const accident = [right.result, wrong.result].find(isAccident);
    if (accident) return warning(`${placeOf(accident.landing)} That looks like an unhandled error.`);
    return passed(
      right.result.signedIn
        ? 'It found the right key, and refused the other.'
        : `It refused both. ${placeOf(right.result.landing)}`,
    );
  },
};
