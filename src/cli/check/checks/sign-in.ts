import { type Check, failed, passed } from '../check.ts';
import { placeOf } from '../trial.ts';

export const signIn: Check = {
  name: 'oidcc-client-test',
  does: 'A sign-in without any fault.',
  expects: 'It signs the person in.',
  source: 'OpenID Connect Core 1.0 section 3.1',
  async run(trial) {
    const { signedIn, landing } = await trial.signIn();
    const { text, page } = trial.known;
    return signedIn
      ? passed(`It signed the person in; ${page} shows "${text}".`)
      : failed(`It did not sign the person in. ${placeOf(landing)}`);
  },
};
