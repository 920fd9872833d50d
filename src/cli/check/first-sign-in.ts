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
export async function firstSignIn(trial: Trial, told: ApplicationFacts, apiOrigin: string): Promise<void> {
  const browser = trial.browser();
  const asked = await trial.begin(trial.browser());
  forCis2(asked, apiOrigin);
  const answer = await trial.toCallback(browser);
  browser.stopAt(trial.endpoint);
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
  trial.learn({ clientId, registration: await trial.provider.registration(clientId), request, text, page });
}

/** Refuses the combined pattern, in which the API platform is the relying party of CIS2. */
function forCis2({ parameters }: Callback, apiOrigin: string): void {
  if (parameters.get('redirect_uri')?.startsWith(apiOrigin))
    throw new OperatorError(
      'This address signs in at the API platform, which is the relying party of CIS2 then (combined pattern). The checks are for applications that sign people in at CIS2 themselves.',
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
  browser.stopAt(trial.endpoint);
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
