import type { Browser, CookieLine } from '../browser.ts';
import { type Check, failed, notRun, passed, warning } from '../check.ts';
import type { Trial } from '../trial.ts';

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

const inWords = (cookies: readonly CookieLine[]): string =>
  cookies.map((cookie) => `${nameOf(cookie)} lacks ${lacks(cookie).join(' and ')}`).join('; ');

export const sessionCookie: Check = {
  name: 'cis2-session-cookie',
  does: 'The cookies of a sign-in are looked at; the one without which the person is no longer known carries the session.',
  expects: 'The session cookie is HttpOnly, SameSite=Lax or Strict, and Secure where the address is HTTPS.',
  source: 'NHS CIS2 Authentication, Session management; OWASP ASVS 5.0, 3.3',
  async run(trial) {
    const { browser, answer } = await trial.signIn();
    const origins = [trial.start, trial.known.page, answer.url.href].map((url) => new URL(url).origin);
    const cookies = cookiesOf(browser, origins);
    const session: CookieLine[] = [];
    for (const cookie of cookies) if (await carriesSession(trial, browser, cookie)) session.push(cookie);
    if (session.length === 0) return notRun('No one cookie carries the session.');
    const bad = session.filter((cookie) => lacks(cookie).length > 0);
    if (bad.length > 0) return failed(`${inWords(bad)}.`);
    const others = cookies.filter((cookie) => lacks(cookie).length > 0);
    if (others.length > 0) return warning(`The session cookie is well; of the others ${inWords(others)}.`);
    return passed(`${session.map(nameOf).join(', ')}: all there.`);
  },
};
