import { OperatorError } from '@alongside/kernel/operator';
import type { Callback, Landing } from '../../kit/browser.ts';
import { Stranded, shownText, shows, type Trial } from './trial.ts';

/** Facts about the application, given by the caller. */
export interface ApplicationFacts {
  signedIn: string | undefined;
  page: string | undefined;
}

/**
 * Runs the first sign-in, with which all checks are compared. Throws Stranded if it fails, OperatorError if the call must change.
 */
export async function firstSignIn(trial: Trial, told: ApplicationFacts, api: string): Promise<void> {
  const browser = trial.browser();
  const asked = await trial.begin(trial.browser());
  const answer = await trial.toCallback(browser);
  browser.stopAt(...trial.endpoints);
  const landing = await browser.deliver(answer);
  const page = told.page ?? pageAfter(landing, answer);
  const home = await browser.go(page);
  const candidates = await textsOf(trial, told);
  const text = candidates.find((candidate) => home.kind === 'page' && shows(home.body, candidate));
  if (text === undefined) throw new Stranded(unseen(candidates, page, home));
  const anybody = await stranger(trial, page);
  if (anybody.kind === 'page' && shows(anybody.body, text))
    throw new OperatorError(
      `${page} shows "${text}" also without a sign-in: set --signed-in to a text, and --page to a page, that only a signed-in user sees.`,
    );
  const request = asked.parameters.has('scope') ? asked.parameters : undefined;
  const clientId = asked.parameters.get('client_id') ?? '';
  const pattern = asked.url.origin === new URL(api).origin ? 'combined' : 'separate';
  if (pattern === 'separate') forApplication(asked, api);
  trial.learn({
    pattern,
    clientId,
    registration: await trial.provider.registration(clientId),
    request,
    text,
    page,
  });
}

/** Refuses the address of the API platform, which is CIS2's relying party in the combined pattern. */
function forApplication({ parameters }: Callback, api: string): void {
  if (parameters.get('redirect_uri')?.startsWith(api))
    throw new OperatorError(
      'This is an address of the API platform. Give the address of the application that starts a sign-in.',
    );
}

const pageAfter = (landing: Landing, answer: Callback): string =>
  landing.kind === 'page' && landing.url.pathname !== answer.url.pathname
    ? landing.url.href
    : `${answer.url.origin}/`;

async function textsOf(trial: Trial, told: ApplicationFacts): Promise<string[]> {
  if (told.signedIn !== undefined) return [told.signedIn];
  const { uid, familyName } = await trial.provider.person();
  return [uid, familyName];
}

function stranger(trial: Trial, page: string): Promise<Landing> {
  const browser = trial.browser();
  browser.stopAt(...trial.endpoints);
  return browser.go(page);
}

function unseen(texts: readonly string[], page: string, home: Landing): string {
  const quoted = texts.map((text) => `"${text}"`).join(' nor ');
  const found =
    home.kind === 'callback'
      ? 'it sends the browser to CIS2 again'
      : `status ${home.status}, its text: ${shownText(home.body) || 'nothing'}`;
  return `After the sign-in ${page} does not show ${quoted} (${found}). If the person is signed in there, name with --signed-in a text that only a signed-in page shows, and with --page its address.`;
}
