import { type Check, failed, passed } from '../check.ts';

export const stateOfAnotherBrowser: Check = {
  name: 'cis2-state-of-another-browser',
  does: 'Signs in and opens the address of the response in another browser: in a new one, and in one that has begun its own sign-in (login CSRF).',
  expects: 'It refuses the sign-in: the state belongs to the browser that began.',
  source: 'RFC 9700 section 4.7; RFC 6749 section 10.12',
  async run(trial) {
    for (const begun of [false, true]) {
      const answer = await trial.toCallback(trial.browser());
      const other = trial.browser();
      if (begun) await trial.begin(other);
      const { signedIn } = await trial.deliver(other, answer);
      if (signedIn)
        return failed(
          `It signed the user in in ${begun ? 'a browser that had begun another sign-in' : 'a browser that had not begun a sign-in'}.`,
        );
    }
    return passed('It refused the sign-in in the other browser.');
  },
};
