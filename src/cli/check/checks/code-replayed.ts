import { type Check, failed, passed } from '../check.ts';
import { isAccident, refusal } from '../refusal.ts';

export const codeReplayed: Check = {
  name: 'cis2-code-replayed',
  does: 'After a sign-in the same answer of CIS2 comes once more, with the cookies from before it.',
  expects: 'It takes a state once, so it does not send the code to CIS2 again, and signs nobody in.',
  source: 'RFC 6749 section 4.1.2; RFC 9700 section 4.5',
  async run(trial) {
    const { provider } = trial;
    const browser = trial.browser();
    const answer = await trial.toCallback(browser);
    const before = browser.fork();
    const from = await provider.newestEvent();
    const first = await trial.deliver(browser, answer);
    if (!first.signedIn) return failed('The sign-in itself did not succeed.');
    const second = await trial.deliver(before, answer);
    const events = await provider.eventsSince(from);
    const tokens = events.filter(({ name }) => name === 'cis2.token');
    const redeemed = new Set(tokens.filter(({ outcome }) => outcome === 'ok').map(({ journey }) => journey));
    if (second.signedIn) return failed('It signed the person in a second time.');
    if (tokens.some(({ journey, outcome }) => outcome === 'refused' && redeemed.has(journey)))
      return failed(
        'It sent the used code to CIS2 again. A provider withdraws the tokens of a code that comes twice, so anybody who has the address can end the session.',
      );
    return isAccident(second) ? refusal(second) : passed('It did not use the code again.');
  },
};
