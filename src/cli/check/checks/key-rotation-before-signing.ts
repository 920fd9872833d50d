import { type Check, failed, passed } from '../check.ts';
import type { Reaction, Trial } from '../trial.ts';
import { placeOf } from '../trial.ts';

/** Signs in while CIS2 changes its key, which no application has fetched yet. */
async function attempt(trial: Trial): Promise<Reaction> {
  const browser = trial.browser();
  const answer = await trial.toCallback(browser);
  await trial.changeKey();
  return trial.deliver(browser, answer);
}

export const keyRotationBeforeSigning: Check = {
  name: 'oidcc-client-test-signing-key-rotation-just-before-signing',
  does: 'CIS2 changes its signing key after the person has signed in and before it signs the ID token; when that fails, once more after the patience, for many libraries wait before they fetch keys again.',
  expects: 'It fetches the key set again when it meets an unknown kid, and signs the person in.',
  source: 'OpenID Connect Core 1.0 section 10.1.1',
  async run(trial) {
    let { signedIn, landing } = await attempt(trial);
    if (!signedIn && trial.patience > 0) {
      await trial.pause(trial.patience);
      ({ signedIn, landing } = await attempt(trial));
    }
    trial.takesNewKeys = signedIn;
    return signedIn
      ? passed('It signed the person in with the new key.')
      : failed(`It did not sign the person in with the new key. ${placeOf(landing)}`);
  },
};
