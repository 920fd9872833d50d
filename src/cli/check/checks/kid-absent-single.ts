import { type Check, notRun, passed, warning } from '../check.ts';
import { learnsNewKey, unlearned } from '../new-key.ts';
import { placeOf } from '../trial.ts';

export const kidAbsentSingle: Check = {
  name: 'oidcc-client-test-kid-absent-single-jwks',
  does: 'A sign-in in which the ID token does not name its key, while the key set has one key that fits. CIS2 changes its signing key before it, so that the application has fetched that set.',
  expects: 'It takes the key that fits, and signs the person in.',
  source: 'OpenID Connect Core 1.0 section 10.1',
  async run(trial) {
    const { provider } = trial;
    const { result } = await provider.withFault('key-set-single', {}, async () => {
      if (!(await learnsNewKey(trial))) return undefined;
      return provider.withFault('id-token-unnamed-key', { next: 1 }, () => trial.signIn());
    });
    if (!result) return unlearned;
    if (!result.met) return notRun('The application did not ask CIS2 for tokens.');
    const { signedIn, landing } = result.result;
    return signedIn
      ? passed('It signed the person in.')
      : warning(
          `It refused the sign-in. ${placeOf(landing)} CIS2 always names its key; a certification asks for it. The API platform refuses to exchange such an ID token.`,
        );
  },
};
