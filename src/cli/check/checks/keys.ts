import { systemClock } from '@alongside/kernel/clock';
import {
  type Check,
  failed,
  isAccident,
  looksUnhandled,
  noTokenCall,
  notRun,
  passed,
  refusesSignIn,
  warning,
} from '../check.ts';
import { landingText, type Reaction, type Trial } from '../trial.ts';

/** Milliseconds between two sign-ins. */
const interval = 5_000;

/**
 * Changes CIS2's signing key and signs in without a fault until one sign-in succeeds, within the application's time limit.
 * `after` is in milliseconds.
 */
async function changeKey(trial: Trial): Promise<{ last: Reaction; after: number }> {
  await trial.changeKey();
  const from = systemClock.now();
  for (;;) {
    const last = await trial.signIn();
    const after = systemClock.now() - from;
    if (last.signedIn || after + interval > trial.keyCache) return { last, after };
    await trial.pause(interval);
  }
}

/** Changes the key for a check of an application that knows the new key; returns whether it does. */
async function learnsNewKey(trial: Trial): Promise<boolean> {
  return (await changeKey(trial)).last.signedIn;
}

const unlearned = notRun('It did not accept a new key of CIS2 in time; allow more time with --key-cache.');

/** Signs in while CIS2 changes its key, which no application has fetched yet. */
async function signInDuringChange(trial: Trial): Promise<Reaction> {
  const browser = trial.browser();
  const answer = await trial.toCallback(browser);
  await trial.changeKey();
  return trial.deliver(browser, answer);
}

const rotation = {
  expects: 'It fetches the key set again for an unknown kid, and signs the user in.',
  source: 'OpenID Connect Core 1.0 section 10.1.1',
};
const notSignedIn = ({ landing }: Reaction) =>
  failed(`It did not sign the user in with the new key. ${landingText(landing)}`);

const justBeforeSigning: Check = {
  name: 'oidcc-client-test-signing-key-rotation-just-before-signing',
  does: 'CIS2 changes its signing key after the user has signed in and before it signs the ID token. If that fails, tries once more after that time, because many libraries wait before they fetch keys again.',
  ...rotation,
  async run(trial) {
    let reaction = await signInDuringChange(trial);
    if (!reaction.signedIn && trial.keyCache > 0) {
      await trial.pause(trial.keyCache);
      reaction = await signInDuringChange(trial);
    }
    trial.takesNewKeys = reaction.signedIn;
    return reaction.signedIn ? passed('It signed the user in with the new key.') : notSignedIn(reaction);
  },
};

const signingKeyRotation: Check = {
  name: 'oidcc-client-test-signing-key-rotation',
  does: 'CIS2 changes its signing key, then a sign-in without any fault. Repeats it every five seconds while it fails, because many libraries wait before they fetch keys again.',
  ...rotation,
  async run(trial) {
    if (trial.takesNewKeys) return passed('It accepted a new key that was published just before signing.');
    const { last, after } = await changeKey(trial);
    const seconds = Math.round(after / 1000);
    if (!last.signedIn) return notSignedIn(last);
    return passed(`It signed the user in with the new key${seconds < 5 ? '' : ` after ${seconds} s`}.`);
  },
};

const kidAbsentMultiple: Check = {
  name: 'oidcc-client-test-kid-absent-multiple-jwks',
  does: "After a change of CIS2's signing key, several keys of its key set are possible. Two sign-ins in which the ID token does not name its key: one with the right key, one with a key that is not in the set.",
  expects: 'It refuses the first or tries each key; it refuses the sign-in with the second.',
  source: 'OpenID Connect Core 1.0 sections 3.1.3.7 item 6 and 10.1',
  async run(trial) {
    const { provider } = trial;
    if (!trial.keyChanged && !(await learnsNewKey(trial))) return unlearned;
    const right = await provider.withFault('id-token-unnamed-key', { next: 1 }, () => trial.signIn());
    const wrong = await provider.withFault('id-token-unnamed-unknown-key', { next: 1 }, () => trial.signIn());
    if (!right.met || !wrong.met) return noTokenCall;
    if (wrong.result.signedIn) return failed('It signed the user in with a key that is not in the set.');
    const accident = [right.result, wrong.result].find(isAccident);
    if (accident) return warning(looksUnhandled(accident.landing));
    return passed(
      right.result.signedIn
        ? 'It found the right key, and refused the other.'
        : `It refused both. ${landingText(right.result.landing)}`,
    );
  },
};

const kidAbsentSingle: Check = {
  name: 'oidcc-client-test-kid-absent-single-jwks',
  does: 'A sign-in in which the ID token does not name its key, while one key of the key set is possible. CIS2 changes its signing key before it, so that the application has fetched that set.',
  expects: 'It uses that key, and signs the user in.',
  source: 'OpenID Connect Core 1.0 section 10.1',
  async run(trial) {
    const { provider } = trial;
    const before = await provider.newestEvent();
    const { result } = await provider.withFault('key-set-single', {}, async () => {
      if (!(await learnsNewKey(trial))) return undefined;
      return provider.withFault('id-token-unnamed-key', { next: 1 }, () => trial.signIn());
    });
    if (!result) return unlearned;
    if (!result.met) return noTokenCall;
    const { signedIn, landing } = result.result;
    if (signedIn) return passed('It signed the user in.');
    // The application may have verified the token. CIS2 itself always names its key.
    if (await provider.refusedUnnamedKey(before))
      return notRun('The API platform refused to exchange an ID token that does not name its key.');
    return warning(
      `It refused the sign-in. ${landingText(landing)} CIS2 always names its key; a certification requires this.`,
    );
  },
};

/** Checks of changed signing keys. They leave the application with current keys. */
export const keyChangeChecks: readonly Check[] = [justBeforeSigning, signingKeyRotation, kidAbsentMultiple];

/** Checks that leave the application with keys that it may not use later. */
export const keyCacheChecks: readonly Check[] = [
  kidAbsentSingle,
  refusesSignIn({
    name: 'cis2-unknown-key',
    fault: 'id-token-unknown-key',
    does: 'the ID token is signed by a key that is not in the key set',
    source: 'OpenID Connect Core 1.0 section 3.1.3.7 item 6',
  }),
];
