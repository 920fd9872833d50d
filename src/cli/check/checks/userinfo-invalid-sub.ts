import { type Check, failed, notRun, warning } from '../check.ts';
import { refusal } from '../refusal.ts';
import { landingShows } from '../trial.ts';

/** The subject in the faulty response. */
const other = '999999999999';

export const userinfoInvalidSub: Check = {
  name: 'oidcc-client-test-userinfo-invalid-sub',
  does: `A sign-in in which userinfo is about another person (${other}) than the ID token.`,
  expects: 'It ignores the response or, better, refuses the sign-in and shows an error.',
  source: 'OpenID Connect Core 1.0 section 5.3.2',
  async run(trial) {
    const { result, met } = await trial.provider.withFault('userinfo-other-subject', { next: 1 }, () =>
      trial.signIn(),
    );
    if (!met) return notRun('The application did not ask CIS2 for userinfo.');
    if ([result.landing, await trial.visit(result.browser)].some((landing) => landingShows(landing, other)))
      return failed('It took the other person for the one who signed in.');
    return result.signedIn
      ? warning(
          'It signed the person in all the same. That is right only if it used nothing of the answer, which cannot be seen from outside.',
        )
      : refusal(result);
  },
};
