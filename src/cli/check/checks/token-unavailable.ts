import { type Check, failed, notRun, passed } from '../check.ts';
import { isAccident, refusal } from '../refusal.ts';
import { placeOf } from '../trial.ts';

export const tokenUnavailable: Check = {
  name: 'cis2-token-endpoint-unavailable',
  does: 'A sign-in in which the token endpoint of CIS2 answers 503, then one without any fault.',
  expects:
    'It handles the error (502, 503 or below 500), refuses the sign-in, and the next sign-in succeeds.',
  source: 'RFC 9110 section 15.6.4',
  async run(trial) {
    const { result, met } = await trial.provider.withFault('cis2-token-unavailable', { next: 1 }, () =>
      trial.signIn(),
    );
    if (!met) return notRun('The application did not ask CIS2 for tokens.');
    const { landing } = result;
    const handled = landing.kind === 'page' && [502, 503, 504].includes(landing.status);
    if (!result.signedIn && isAccident(result) && !handled) return failed(placeOf(landing));
    if (!(await trial.signIn()).signedIn) return failed('The next sign-in did not succeed.');
    return handled ? passed(placeOf(landing)) : refusal(result);
  },
};
