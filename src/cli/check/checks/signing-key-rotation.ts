import { type Check, failed, passed } from '../check.ts';
import { changeKey } from '../new-key.ts';
import { placeOf } from '../trial.ts';

export const signingKeyRotation: Check = {
  name: 'oidcc-client-test-signing-key-rotation',
  does: 'CIS2 changes its signing key, then a sign-in without any fault; again every five seconds while it fails, for many libraries wait before they fetch keys again.',
  expects: 'It fetches the key set again when it meets an unknown kid, and signs the person in.',
  source: 'OpenID Connect Core 1.0 section 10.1.1',
  async run(trial) {
    if (trial.takesNewKeys) return passed('It accepted a new key that was published just before signing.');
    const { last, after } = await changeKey(trial);
    const seconds = Math.round(after / 1000);
    if (!last.signedIn)
      return failed(`It did not sign the person in with the new key. ${placeOf(last.landing)}`);
    return passed(
      seconds < 5
        ? 'It signed the person in with the new key.'
        : `It signed the person in with the new key after ${seconds} s.`,
    );
  },
};
