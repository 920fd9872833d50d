import { type Check, failed, passed } from '../check.ts';

export const newSession: Check = {
  name: 'cis2-new-session-at-sign-in',
  does: 'A second browser has the cookies that the first one had before the sign-in (session fixation).',
  expects: 'It makes a new session id at the sign-in, so that the second browser is not signed in.',
  source: 'OWASP ASVS 5.0, 7.2.4; NIST SP 800-63B-4 section 5.1',
  async run(trial) {
    const browser = trial.browser();
    const answer = await trial.toCallback(browser);
    const before = browser.fork();
    const { signedIn } = await trial.deliver(browser, answer);
    if (!signedIn) return failed('The sign-in itself did not succeed.');
    return (await trial.isSignedIn(before))
      ? failed('The cookies from before the sign-in are signed in as well.')
      : passed('The cookies from before the sign-in are not signed in.');
  },
};
