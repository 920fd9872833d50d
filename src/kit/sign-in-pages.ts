import { setTimeout as sleep } from 'node:timers/promises';
import { OperatorError } from '@alongside/kernel/operator';
import type { PageLike, Urls } from './types.ts';

/** The questions to the user: for the authenticator, at CIS2; for the PIN, at the agent; for the role, at the agent or at CIS2. */
const smartcard = 'form#choice input[value="smartcard"]';
const pin = 'input[name="pin"]';
const role = 'input[type="radio"][name="role"], input[type="radio"][name="roleId"]';
const submit = 'form button[type="submit"], form button:not([type])';

/** Milliseconds between two looks at a page that redirects, and until one must ask or lead on. */
const pause = 50;
const timeout = 30_000;

/** Returns the question of a page; undefined while the page is replaced by the next one. */
async function questionOf(page: PageLike): Promise<'authenticator' | 'PIN' | 'role' | undefined> {
  try {
    if (await page.$(smartcard)) return 'authenticator';
    if (await page.$(pin)) return 'PIN';
    return (await page.$(role)) ? 'role' : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Opens an address, chooses the smartcard, and answers the questions for PIN and role until a page of the application is shown.
 * @throws OperatorError if the PIN or the role is refused, or if the browser stays on another page
 */
export async function signInOnPages(
  page: PageLike,
  url: string,
  { identityAgent, cis2Issuer }: Urls,
  { pin: code = '123456', roleId }: { pin?: string | undefined; roleId(): Promise<string | undefined> },
): Promise<void> {
  const asking = [identityAgent, cis2Issuer].map((address) => new URL(address).origin);
  const answered = new Set<string>();
  await page.goto(url);
  for (let waited = 0; asking.includes(new URL(page.url()).origin); ) {
    const question = await questionOf(page);
    if (!question) {
      if (waited > timeout)
        throw new OperatorError(`${page.url()} asks for neither authenticator, PIN nor role.`);
      waited += pause;
      await sleep(pause);
      continue;
    }
    // A second wrong PIN would use up another attempt of the card.
    if (answered.has(question)) throw new OperatorError(`${page.url()} asks again for the ${question}.`);
    answered.add(question);
    if (question === 'PIN') await (await page.$(pin))?.fill(code);
    if (question === 'role') await (await radio(page, await roleId())).check();
    // The button would open another window; the address of the smartcard stays in this one.
    if (question === 'authenticator') await page.goto(`${page.url().replace(/[?#].*/, '')}/smartcard`);
    else await Promise.all([page.waitForNavigation(), page.$(submit).then((target) => target?.click())]);
  }
}

async function radio(page: PageLike, id: string | undefined) {
  const chosen = await page.$(id === undefined ? role : `input[type="radio"][value=${JSON.stringify(id)}]`);
  if (!chosen) throw new OperatorError(`${page.url()} does not offer the role ${id}.`);
  return chosen;
}
