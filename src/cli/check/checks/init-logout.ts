import { failed, passed, warning } from '../check.ts';
import { signsOut } from '../sign-out.ts';
import { placeOf, wordsOf } from '../trial.ts';

export const initLogout = signsOut({
  name: 'oidcc-client-test-rp-init-logout',
  does: 'The person signs in, and signs out at the application, which sends the browser to the end_session_endpoint of CIS2.',
  expects:
    'It names the session with id_token_hint and a registered post_logout_redirect_uri, ends its own session, and shows a page when the browser returns.',
  source: 'OpenID Connect RP-Initiated Logout 1.0 sections 2 and 3',
  async run(trial, { browser, asked }) {
    browser.stopAt(trial.endpoint);
    const landing = await browser.deliver(asked);
    if (await trial.isSignedIn(browser)) return failed('Its own session continues.');
    if (landing.kind === 'callback')
      return warning(
        'It sent the browser to CIS2 at once, where a card in the reader signs the person in again.',
      );
    const atCis2 = landing.url.origin === new URL(trial.endSession).origin;
    if (atCis2 && landing.status >= 400)
      return failed(`CIS2 refused the request (status ${landing.status}): ${wordsOf(landing.body)}`);
    if (landing.status >= 500) return failed(`${placeOf(landing)} That looks like an unhandled error.`);
    if (!asked.parameters.has('id_token_hint'))
      return warning('It ended its session, but sends no id_token_hint: CIS2 has to ask the person.');
    return passed(
      atCis2
        ? 'Its session is over; it named no post_logout_redirect_uri, so the person ends at CIS2.'
        : `Its session is over. ${placeOf(landing)}`,
    );
  },
});
