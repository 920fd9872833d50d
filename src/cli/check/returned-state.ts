import { type Check, failed, notRun, passed } from './check.ts';
import { returnsWith, signsOut } from './sign-out.ts';
import { placeOf } from './trial.ts';

interface StateFault {
  name: string;
  /** The fault of the returned state. */
  does: string;
  change(parameters: URLSearchParams): void;
}

/** Returns a check of a sign-out that returns another state than the application sent. */
export const survivesState = ({ name, does, change }: StateFault): Check =>
  signsOut({
    name,
    does: `A sign-out after which the browser returns ${does}.`,
    expects: 'It handles that: the person stays signed out, and sees a page.',
    source: 'OpenID Connect RP-Initiated Logout 1.0 sections 2 and 3',
    async run(trial, signingOut) {
      const end = await returnsWith(change)(trial, signingOut);
      if (!end) return notRun('It sends no state, or no post_logout_redirect_uri.');
      if (!end.returned) return notRun(`CIS2 did not send the browser back. ${placeOf(end.landing)}`);
      if (end.signedIn) return failed('The person is signed in.');
      const { landing } = end;
      return landing.kind === 'page' && landing.status >= 500
        ? failed(`${placeOf(landing)} That looks like an unhandled error.`)
        : passed(placeOf(landing));
    },
  });
