import type { Browser, Callback, Landing, Page } from '../../../kit/browser.ts';
import { type Form, formsOf, linksOf } from '../../../kit/markup.ts';
import { type Check, failed, notRun, passed, type Verdict, warning } from '../check.ts';
import { looksUnhandled } from '../refusal.ts';
import { landingText, shownText, type Trial } from '../trial.ts';

/** A browser that signs out and has reached CIS2's end_session_endpoint. */
interface SigningOut {
  browser: Browser;
  asked: Callback;
}

const meansSignOut = /(?:sign|log)[-_ ]?(?:out|off)|end[-_]?session/i;

/** Returns the form or link to sign out on a page. */
function signOutControl(page: Page): Form | URL | undefined {
  const form = formsOf(page).find(({ action }) => meansSignOut.test(action.pathname));
  return form ?? linksOf(page).find(({ pathname }) => meansSignOut.test(pathname));
}

/** Uses the form or link to sign out on a page; returns undefined if the page has neither. */
export async function pressSignOut(browser: Browser, page: Landing): Promise<Landing | undefined> {
  if (page.kind === 'callback') return page;
  const control = signOutControl(page);
  if (!control) return undefined;
  return control instanceof URL ? browser.go(control.href) : browser.submit(page, control);
}

/** Signs in and out again, up to CIS2. Returns undefined if no sign-out is found or it does not lead to CIS2. */
async function begin(trial: Trial): Promise<SigningOut | undefined> {
  const { browser } = await trial.mustSignIn();
  browser.stopAt(trial.endSession, ...trial.endpoints);
  let landing: Landing | undefined = await browser.go(trial.signOut ?? trial.known.page);
  if (trial.signOut === undefined || (landing.kind === 'page' && signOutControl(landing)))
    landing = await pressSignOut(browser, landing);
  return landing?.kind === 'callback' && landing.url.href.startsWith(trial.endSession)
    ? { browser, asked: landing }
    : undefined;
}

interface SignOutCheck {
  name: string;
  does: string;
  expects: string;
  judge(trial: Trial, signingOut: SigningOut): Promise<Verdict>;
}

/** Returns a check of a sign-out that the application begins. */
const signsOut = ({ judge, ...check }: SignOutCheck): Check => ({
  ...check,
  source: 'OpenID Connect RP-Initiated Logout 1.0 sections 2 and 3',
  async run(trial) {
    const signingOut = await begin(trial);
    if (signingOut) return judge(trial, signingOut);
    return notRun(
      `${trial.signOut ?? trial.known.page} did not lead to CIS2's end_session_endpoint; if the application signs out there, name the address with --sign-out.`,
    );
  },
});

/** Returns a check of a sign-out that returns another state than the application sent. */
const returnsState = (name: string, how: string, change: (parameters: URLSearchParams) => void): Check =>
  signsOut({
    name,
    does: `A sign-out after which the browser returns ${how}.`,
    expects: 'It handles that: the user stays signed out, and sees a page.',
    async judge(trial, { browser, asked }) {
      const to = asked.parameters.get('post_logout_redirect_uri');
      if (to === null || !asked.parameters.has('state'))
        return notRun('It sends no state, or no post_logout_redirect_uri.');
      browser.stopAt(to);
      const back = await browser.deliver(asked);
      if (back.kind === 'page') return notRun(`CIS2 did not send the browser back. ${landingText(back)}`);
      change(back.parameters);
      browser.stopAt(...trial.endpoints);
      const landing = await browser.deliver(back);
      if (await trial.isSignedIn(browser)) return failed('The user is signed in.');
      return landing.kind === 'page' && landing.status >= 500
        ? failed(looksUnhandled(landing))
        : passed(landingText(landing));
    },
  });

/** Checks of a sign-out that the application begins. */
export const signOutChecks: readonly Check[] = [
  signsOut({
    name: 'oidcc-client-test-rp-init-logout',
    does: 'The user signs in, and signs out at the application, which sends the browser to the end_session_endpoint of CIS2.',
    expects:
      'It names the session with id_token_hint and a registered post_logout_redirect_uri, ends its own session, and shows a page when the browser returns.',
    async judge(trial, { browser, asked }) {
      browser.stopAt(...trial.endpoints);
      const landing = await browser.deliver(asked);
      if (await trial.isSignedIn(browser)) return failed('Its own session continues.');
      if (landing.kind === 'callback')
        return warning(
          'It sent the browser to CIS2 at once, where a card in the reader signs the user in again.',
        );
      const atCis2 = landing.url.origin === new URL(trial.endSession).origin;
      if (atCis2 && landing.status >= 400)
        return failed(`CIS2 refused the request (status ${landing.status}): ${shownText(landing.body)}`);
      if (landing.status >= 500) return failed(looksUnhandled(landing));
      if (!asked.parameters.has('id_token_hint'))
        return warning('It ended its session, but sends no id_token_hint, so CIS2 must ask the user.');
      return passed(
        atCis2
          ? 'Its session is over; it named no post_logout_redirect_uri, so the user stays at CIS2.'
          : `Its session is over. ${landingText(landing)}`,
      );
    },
  }),
  returnsState(
    'oidcc-client-test-rp-init-logout-other-state',
    'with another state than the one that was sent',
    (parameters) => parameters.set('state', 'another-state'),
  ),
  returnsState('oidcc-client-test-rp-init-logout-no-state', 'without the state that was sent', (parameters) =>
    parameters.delete('state'),
  ),
];
