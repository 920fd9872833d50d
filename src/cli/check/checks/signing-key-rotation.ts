import { systemClock } from '@alongside/kernel/clock';
import { type Check, failed, passed } from '../check.ts';
import { placeOf } from '../trial.ts';

/** Milliseconds between two sign-ins. */
const interval = 5_000;

export const signingKeyRotation: Check = {
  name: 'oidcc-client-test-signing-key-rotation',
  does: 'CIS2 changes its signing key, then a sign-in without any fault; again every five seconds while it fails, for many libraries wait before they fetch keys again.',
  expects: 'It fetches the key set again when it meets an unknown kid, and signs the person in.',
  source: 'OpenID Connect Core 1.0 section 10.1.1',
  async run(trial) {
    await trial.provider.rotateKeys();
    const from = systemClock.now();
    for (;;) {
      const { signedIn, landing } = await trial.signIn();
      const gone = systemClock.now() - from;
      if (signedIn)
        return passed(
          gone < interval
            ? 'It signed the person in with the new key.'
            : `It signed the person in with the new key after ${Math.round(gone / 1000)} s.`,
        );
      if (gone + interval > trial.patience)
        return failed(`It did not sign the person in with the new key. ${placeOf(landing)}`);
      await trial.pause(interval);
    }
  },
};
