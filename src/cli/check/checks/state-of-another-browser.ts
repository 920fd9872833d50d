import { type Check, failed, passed } from '../check.ts';

export const stateOfAnotherBrowser: Check = {
  name: 'cis2-state-of-another-browser',
  does: 'Somebody signs in and hands the address with the answer to another browser: to a new one, and to one that has begun a sign-in of its own (login CSRF).',
  expects: 'It signs nobody in: the state belongs to the browser that began.',
  source: 'RFC 9700 section 4.7; RFC 6749 section 10.12',
  async run(trial) {
    for (const begun of [false, true]) {
      const answer = await trial.toCallback(trial.browser());
      const other = trial.browser();
      if (begun) await trial.begin(other);
      const { signedIn } = await trial.deliver(other, answer);
      if (signedIn)
        return failed(
          `It signed the person in in ${begun ? 'a browser that had begun another sign-in' : 'a browser that had begun none'}.`,
        );
    }
    return passed('It signed nobody in in the other browser.');
  },
};
