import type { Browser, Callback, Landing, Page } from '../../../kit/browser.ts';
import { type Form, formsOf, linksOf } from '../../../kit/markup.ts';
import { type Check, failed, looksUnhandled, notRun, passed, type Verdict, warning } from '../check.ts';
import { landingText, Stranded, shownText, type Trial } from '../trial.ts';

interface NotificationResult {
  /** The result of the notification, such as `status 200`. */
  result: string;
  /** Whether the user is still signed in at the application. */
  signedIn: boolean;
}

/** Signs in, makes CIS2 end the session and notify the application. */
async function endSession(trial: Trial): Promise<NotificationResult> {
  const { provider, known } = trial;
  const before = new Set((await provider.sessionsWith(known.clientId)).map(({ sid }) => sid));
  const { browser } = await trial.mustSignIn();
  const [session] = (await provider.sessionsWith(known.clientId)).filter(({ sid }) => !before.has(sid));
  if (!session) throw new Stranded('CIS2 has no session of this sign-in.');
  await provider.endSession(session.sid);
  const delivery = await provider.delivery(session.sid, known.clientId);
  if (!delivery) throw new Stranded('CIS2 did not notify the application in time.');
  return { result: delivery.result, signedIn: await trial.isSignedIn(browser) };
}

const hasAddress = ({ known }: Trial): boolean => Boolean(known.registration?.backchannelLogoutUri);
const noAddress = 'No back-channel logout address is registered.';

const sessionEnded: Check = {
  name: 'oidcc-client-test-rp-backchannel-rpinitlogout',
  does: 'CIS2 ends the session of a sign-in and sends a logout token to the back-channel logout address.',
  expects: 'It returns 200 and its own session is over.',
  source:
    'OpenID Connect Back-Channel Logout 1.0 sections 2.5 to 2.8; NHS CIS2 Authentication, Session management',
  async run(trial) {
    if (!hasAddress(trial)) return failed(noAddress);
    const { result, signedIn } = await endSession(trial);
    if (signedIn) return failed(`Its session continues (it responded to CIS2 with "${result}").`);
    return result === 'status 200' || result === 'status 204'
      ? passed('Its session is over.')
      : warning(`Its session is over, but it responded to CIS2 with "${result}" instead of status 200.`);
  },
};

/** Each fault of a logout token: name of the check, named fault of CIS2, description. */
const faults: readonly (readonly [name: string, fault: string, does: string])[] = [
  [
    'oidcc-client-test-rp-backchannel-rpinitlogout-alg-none',
    'logout-token-unsigned',
    'with the algorithm "none" and no signature',
  ],
  ['oidcc-client-test-rp-backchannel-rpinitlogout-no-event', 'logout-token-without-event', 'without events'],
  [
    'oidcc-client-test-rp-backchannel-rpinitlogout-with-nonce',
    'logout-token-with-nonce',
    'with a nonce, like an ID token',
  ],
  [
    'oidcc-client-test-rp-backchannel-rpinitlogout-wrong-alg',
    'logout-token-wrong-algorithm',
    'signed by another algorithm than the registered one',
  ],
  [
    'oidcc-client-test-rp-backchannel-rpinitlogout-wrong-aud',
    'logout-token-wrong-audience',
    'for another client',
  ],
  [
    'oidcc-client-test-rp-backchannel-rpinitlogout-wrong-event',
    'logout-token-wrong-event',
    'with another event',
  ],
  [
    'oidcc-client-test-rp-backchannel-rpinitlogout-wrong-iss',
    'logout-token-wrong-issuer',
    'of another issuer',
  ],
  ['cis2-logout-invalid-signature', 'logout-token-wrong-signature', 'with an invalid signature'],
  ['cis2-logout-old-token', 'logout-token-old', 'that was created a day ago'],
  ['cis2-logout-without-session', 'logout-token-without-session', 'that names neither session nor user'],
];

export const logoutChecks: readonly Check[] = [
  sessionEnded,
  ...faults.map(
    ([name, fault, does]): Check => ({
      name,
      does: `A logout token ${does}, sent to the back-channel logout address after a sign-in.`,
      expects: 'It returns 400 and its session continues.',
      source: 'OpenID Connect Back-Channel Logout 1.0 section 2.6',
      async run(trial) {
        if (!hasAddress(trial)) return notRun(noAddress);
        const { result } = await trial.provider.withFault(fault, {}, () => endSession(trial));
        const isRefused = result.result === 'status 400';
        // The tokens of the API platform ended with the session at CIS2, so a page that calls an API shows the sign-in.
        if (!result.signedIn && isRefused)
          return notRun(
            `It returned 400, and ${trial.known.page} is not signed in any more. If that page calls an API, name one that calls none with --page: the access tokens have ended with the session at CIS2.`,
          );
        if (!result.signedIn) return failed(`It ended its session (${result.result}).`);
        return isRefused
          ? passed('It returned 400 and its session continues.')
          : warning(`Its session continues, but it responded with "${result.result}" instead of status 400.`);
      },
    }),
  ),
];

/** A browser that signs out and has reached CIS2's end_session_endpoint. */
interface SigningOut {
  browser: Browser;
  asked: Callback;
}

const meansSignOut = /(?:sign|log)[-_ ]?(?:out|off)|end[-_]?session/i;

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
