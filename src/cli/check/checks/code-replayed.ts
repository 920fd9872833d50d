import { type Check, failed, passed } from '../check.ts';
import { isAccident, refusal } from '../refusal.ts';

export const codeReplayed: Check = {
  name: 'cis2-code-replayed',
  does: 'Repeats the same response of CIS2 in the same browser after a sign-in, as when a user goes back or reloads.',
  expects: 'It takes a state once, so it does not send the code to CIS2 again.',
  source: 'RFC 6749 section 4.1.2; RFC 9700 section 4.7',
  async run(trial) {
    const { provider } = trial;
    const from = await provider.newestEvent();
    const { browser, answer, signedIn } = await trial.signIn();
    if (!signedIn) return failed('The sign-in itself did not succeed.');
    const again = await trial.deliver(browser, answer);
    const tokens = (await provider.eventsSince(from)).filter(({ name }) => name === 'cis2.token');
    const redeemed = new Set(tokens.filter(({ outcome }) => outcome === 'ok').map(({ journey }) => journey));
    if (tokens.some(({ journey, outcome }) => outcome === 'refused' && redeemed.has(journey)))
      return failed(
        'It sent the used code to CIS2 again, which then withdraws the tokens that the code gave: going back ends the sign-in.',
      );
    return isAccident(again)
      ? refusal({ ...again, signedIn: false })
      : passed('It did not use the code again.');
  },
};
