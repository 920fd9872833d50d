import { type Check, failed, passed } from '../check.ts';
import { isAccident, refusal } from '../refusal.ts';

const changes: readonly [string, (parameters: URLSearchParams) => void][] = [
  ['with another state', (parameters) => parameters.set('state', 'another-state')],
  ['without state', (parameters) => parameters.delete('state')],
];

export const stateChanged: Check = {
  name: 'cis2-state-changed',
  does: 'Returns the response of CIS2 with another state, then without one.',
  expects: 'It sends a state, refuses a sign-in without it, and shows an error.',
  source: 'RFC 6749 section 10.12; OpenID Connect Core 1.0 section 3.1.2.7',
  async run(trial) {
    for (const [how, change] of changes) {
      const browser = trial.browser();
      const answer = await trial.toCallback(browser);
      if (!answer.parameters.get('state')) return failed('It sends no state.');
      change(answer.parameters);
      const reaction = await trial.deliver(browser, answer);
      if (reaction.signedIn) return failed(`It signed the person in ${how}.`);
      if (isAccident(reaction)) return refusal(reaction);
    }
    return passed('It refused the sign-in.');
  },
};
