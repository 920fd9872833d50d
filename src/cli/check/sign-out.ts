import type { Browser, Callback, Landing } from './browser.ts';
import { type Check, notRun, type Verdict } from './check.ts';
import { type Form, formsOf, linksOf } from './markup.ts';
import { Stranded, type Trial } from './trial.ts';

/** A browser that signs out and has reached CIS2's end_session_endpoint. */
export interface SigningOut {
  browser: Browser;
  asked: Callback;
}

const meansSignOut = /(?:sign|log)[-_ ]?(?:out|off)|end[-_]?session/i;

/** Returns the form or link to sign out on a page. */
function wayOut(page: Extract<Landing, { kind: 'page' }>): Form | URL | undefined {
  const form = formsOf(page).find(({ action }) => meansSignOut.test(action.pathname));
  return form ?? linksOf(page).find(({ pathname }) => meansSignOut.test(pathname));
}

async function press(browser: Browser, page: Landing): Promise<Landing> {
  if (page.kind === 'callback') return page;
  const way = wayOut(page);
  if (!way) throw new Stranded('no sign-out');
  return way instanceof URL ? browser.go(way.href) : browser.submit(page, way);
}

/** Signs in and out again, up to CIS2. Returns undefined if no sign-out is found or it does not lead to CIS2. */
async function begin(trial: Trial): Promise<SigningOut | undefined> {
  const { browser, signedIn } = await trial.signIn();
  if (!signedIn) throw new Stranded('A sign-in without any fault did not succeed this time.');
  browser.stopAt(trial.endSession, trial.endpoint);
  try {
    let landing = await browser.go(trial.signOut ?? trial.known.page);
    if (trial.signOut === undefined || (landing.kind === 'page' && wayOut(landing)))
      landing = await press(browser, landing);
    return landing.kind === 'callback' && landing.url.href.startsWith(trial.endSession)
      ? { browser, asked: landing }
      : undefined;
  } catch (error) {
    if (error instanceof Stranded) return undefined;
    throw error;
  }
}

interface SignOutCheck {
  name: string;
  does: string;
  expects: string;
  source: string;
  run(trial: Trial, signingOut: SigningOut): Promise<Verdict>;
}

/** Returns a check of a sign-out that the application begins. */
export const signsOut = ({ run, ...check }: SignOutCheck): Check => ({
  ...check,
  async run(trial) {
    const signingOut = await begin(trial);
    if (signingOut) return run(trial, signingOut);
    return notRun(
      `${trial.signOut ?? trial.known.page} did not lead to CIS2's end_session_endpoint; if the application signs out there, name the address with --sign-out.`,
    );
  },
});

/** Changes the state in the return address. Not run without a state or return address. */
export const returnsWith = (change: (parameters: URLSearchParams) => void) =>
  async function returnsWith(trial: Trial, { browser, asked }: SigningOut) {
    const to = asked.parameters.get('post_logout_redirect_uri');
    if (to === null || !asked.parameters.has('state')) return undefined;
    browser.stopAt(to);
    const back = await browser.deliver(asked);
    if (back.kind === 'page') return { landing: back, returned: false, signedIn: false };
    change(back.parameters);
    browser.stopAt(trial.endpoint);
    const landing = await browser.deliver(back);
    return { landing, returned: true, signedIn: await trial.isSignedIn(browser) };
  };
