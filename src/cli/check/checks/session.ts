import type { Browser, CookieLine } from '../../../kit/browser.ts';
import { bothPatterns, type Check, failed, notRun, passed, warning } from '../check.ts';
import { landingText, type Trial } from '../trial.ts';

/** The sign-in with which all other checks are compared. */
export const signIn: Check = {
  name: 'oidcc-client-test',
  patterns: bothPatterns,
  does: 'A sign-in without any fault.',
  expects: 'It signs the user in.',
  source: 'OpenID Connect Core 1.0 section 3.1',
  async run(trial) {
    const { signedIn, landing } = await trial.signIn();
    const { text, page } = trial.known;
    return signedIn
      ? passed(`It signed the user in; ${page} shows "${text}".`)
      : failed(`It did not sign the user in. ${landingText(landing)}`);
  },
};

const newSession: Check = {
  name: 'cis2-new-session-at-sign-in',
  patterns: bothPatterns,
  does: 'A second browser has the cookies that the first one had before the sign-in (session fixation).',
  expects: 'It creates a new session id at the sign-in, so the second browser is not signed in.',
  source: 'OWASP ASVS 5.0, 7.2.4; NIST SP 800-63B-4 section 5.1',
  async run(trial) {
    const browser = trial.browser();
    const answer = await trial.toCallback(browser);
    const before = browser.fork();
    const { signedIn } = await trial.deliver(browser, answer);
    if (!signedIn) return failed('The sign-in itself did not succeed.');
    return (await trial.isSignedIn(before))
      ? failed('The cookies from before the sign-in are signed in as well.')
      : passed('The cookies from before the sign-in are not signed in.');
  },
};

const nameOf = ({ line }: CookieLine): string => line.slice(0, line.indexOf('=')).trim();
const has = (line: string, attribute: RegExp): boolean =>
  line
    .split(';')
    .slice(1)
    .some((part) => attribute.test(part.trim()));

/** Returns the missing attributes of a cookie. */
function lacks({ url, line }: CookieLine): string[] {
  return [
    ...(has(line, /^httponly$/i) ? [] : ['HttpOnly']),
    ...(has(line, /^samesite=(?:lax|strict)$/i) ? [] : ['SameSite=Lax']),
    ...(has(line, /^secure$/i) || url.protocol === 'http:' ? [] : ['Secure']),
  ];
}

const allLacks = (cookies: readonly CookieLine[]): string =>
  cookies.map((cookie) => `${nameOf(cookie)} lacks ${lacks(cookie).join(' and ')}`).join('; ');

/** Returns the last line of each cookie of the application. */
function cookiesOf(browser: Browser, origins: readonly string[]): CookieLine[] {
  const own = browser.cookieLines.filter(({ url }) => origins.includes(url.origin));
  return [...new Map(own.map((line) => [nameOf(line), line])).values()];
}

/** Returns whether the user is no longer signed in without this cookie. */
async function carriesSession(trial: Trial, browser: Browser, cookie: CookieLine): Promise<boolean> {
  const other = browser.fork();
  other.forget(cookie.url.hostname, nameOf(cookie));
  return !(await trial.isSignedIn(other));
}

const sessionCookie: Check = {
  name: 'cis2-session-cookie',
  patterns: bothPatterns,
  does: 'Inspects the cookies of a sign-in. The session cookie is the one without which the user is signed out.',
  expects: 'The session cookie is HttpOnly, SameSite=Lax or Strict, and Secure where the address is HTTPS.',
  source: 'NHS CIS2 Authentication, Session management; OWASP ASVS 5.0, 3.3',
  async run(trial) {
    const { browser, answer } = await trial.signIn();
    const origins = [trial.start, trial.known.page, answer.url.href].map((url) => new URL(url).origin);
    const cookies = cookiesOf(browser, origins);
    const session: CookieLine[] = [];
    for (const cookie of cookies) if (await carriesSession(trial, browser, cookie)) session.push(cookie);
    if (session.length === 0) return notRun('No single cookie carries the session.');
    const bad = session.filter((cookie) => lacks(cookie).length > 0);
    if (bad.length > 0) return failed(`${allLacks(bad)}.`);
    const others = cookies.filter((cookie) => lacks(cookie).length > 0);
    if (others.length > 0)
      return warning(`The session cookie has all attributes; of the others ${allLacks(others)}.`);
    return passed(`${session.map(nameOf).join(', ')}: all attributes are set.`);
  },
};

/** Checks of the application's own session. */
export const sessionChecks: readonly Check[] = [newSession, sessionCookie];
