import type { Landing } from '../browser.ts';
import { type Check, failed, passed, type Verdict, warning } from '../check.ts';
import { isAccident, refusal } from '../refusal.ts';
import { placeOf, Stranded, wordsOf } from '../trial.ts';

const markup = '<u>no</u>';

/** Judges the page that the user sees. */
function shown(landing: Landing): Verdict {
  if (landing.kind === 'callback')
    return warning('It sent the browser to CIS2 at once, so that the person never reads what went wrong.');
  if (landing.body.includes(markup))
    return failed(
      'It shows error_description without escaping it: markup in an address becomes part of the page.',
    );
  if (wordsOf(landing.body) === '') return failed(`It shows nothing. ${placeOf(landing)}`);
  return /<(?:a|form|button)\b/i.test(landing.body)
    ? passed(`It says "${wordsOf(landing.body).slice(0, 80)}" and offers a way to continue.`)
    : warning(`It says "${wordsOf(landing.body).slice(0, 80)}", without a way to begin again.`);
}

export const errorResponse: Check = {
  name: 'cis2-error-response',
  does: 'CIS2 answers with the error access_denied, and with markup in its description.',
  expects: 'It refuses the sign-in, shows an error with a way to begin again, and the next sign-in begins.',
  source: 'OpenID Connect Core 1.0 section 3.1.2.6; RFC 9700 section 4.2',
  async run(trial) {
    const browser = trial.browser();
    const answer = await trial.toCallback(browser);
    answer.parameters.delete('code');
    answer.parameters.set('error', 'access_denied');
    answer.parameters.set('error_description', `The user entered ${markup}`);
    const reaction = await trial.deliver(browser, answer);
    if (reaction.signedIn) return failed('It signed the person in all the same.');
    const said = shown(reaction.landing);
    const verdict = said.outcome === 'passed' && isAccident(reaction) ? refusal(reaction) : said;
    try {
      await trial.begin(browser);
    } catch (error) {
      if (error instanceof Stranded) return failed(`Afterwards no sign-in can be begun: ${error.message}.`);
      throw error;
    }
    return verdict;
  },
};
