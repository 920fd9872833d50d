import type { Browser, Callback, Landing, Page } from '../../../kit/browser.ts';
import { formOf, formsOf, textOf } from '../../../kit/markup.ts';
import {
  bothPatterns,
  type Check,
  failed,
  looksUnhandled,
  notRun,
  passed,
  type Verdict,
  warning,
} from '../check.ts';
import { landingShows, landingText, Stranded, type Trial } from '../trial.ts';

const tool =
  'NHSDigital/electronic-prescription-service-api, packages/tool/site/server/src/services/communication/live-signing-client.ts';
const failsSecurely = 'OWASP ASVS 5.0, 16.5.3';
/** The path of a form that signs documents. */
const meansSign = /\bsign(?![-_]?(?:in|up|out|off|on)\b)/i;

/** An application under test that signs. */
interface SigningTrial extends Trial {
  readonly sign: string;
}

/** A request for signatures in the browser of a signed-in user, who sees the page of the presence check. */
interface WaitingRequest {
  browser: Browser;
  page: Page;
  /** Where the browser returns. */
  callback: string;
}

/** Returns an address without its query, which may have a token. */
const placeOf = ({ url }: Landing): string => url.origin + url.pathname;

/** Starts a signature, up to the page of the presence check. Throws Stranded if the application does not get there. */
async function startIn(browser: Browser, trial: SigningTrial): Promise<Page> {
  const { provider, sign, presence } = trial;
  const before = await provider.newestEvent();
  browser.stopAt(...trial.endpoints);
  let landing = await browser.go(sign);
  const isThere = () => landing.kind === 'page' && placeOf(landing) === presence;
  // A page with a button that signs.
  if (landing.kind === 'page' && !isThere()) {
    const form = formsOf(landing).find(({ action }) => meansSign.test(action.pathname));
    if (form) landing = await browser.submit(landing, form);
  }
  const refusal = await provider.signingRefusal(before);
  if (refusal)
    throw new Stranded(
      `The signing service refused the request: ${refusal.description} (${refusal.detail || refusal.error}). ${refusal.fix}`,
    );
  if (landing.kind === 'page' && isThere()) return landing;
  throw new Stranded(
    `${sign} led to ${placeOf(landing)} and not to ${presence}: name with --sign the address that starts a signature, or a page with a form that does; it must not add mock=true`,
  );
}

async function ask(trial: SigningTrial): Promise<WaitingRequest> {
  const callback = await trial.provider.signingCallback(trial.known.clientId);
  if (callback === undefined)
    throw new Stranded(
      'The application has no return address at the API platform: register platform.signingCallbackUrl',
    );
  const { browser } = await trial.mustSignIn();
  return { browser, page: await startIn(browser, trial), callback };
}

/** Signs or declines on the page of the presence check, up to the application's return address. */
async function decide(
  trial: Trial,
  { browser, page, callback }: WaitingRequest,
  decision: 'sign' | 'decline',
): Promise<Callback> {
  const form = formOf(page);
  if (!form) throw new Stranded('The page of the presence check has no form');
  browser.stopAt(callback);
  const fields: [string, string][] = [...form.fields, ['decision', decision]];
  const landing = await trial.answerPages(await browser.submit(page, { ...form, fields }), browser);
  if (landing.kind === 'callback') return landing;
  throw new Stranded(`The presence check did not lead back to ${callback}, but to ${placeOf(landing)}`);
}

function deliver(trial: Trial, { browser }: WaitingRequest, answer: Callback): Promise<Landing> {
  browser.stopAt(...trial.endpoints);
  return browser.deliver(answer);
}

/** Returns the text of a page without what differs between two signatures: words with digits. */
const comparable = ({ body }: Page): string =>
  textOf(body)
    .replace(/[\w-]+/g, (word) => (/\d/.test(word) ? '#' : word))
    .replace(/\s+/g, ' ')
    .trim();

/** Signs, and judges what the application did. */
async function signOnce(trial: SigningTrial): Promise<Verdict> {
  const { provider } = trial;
  trial.signedText = null;
  const before = await provider.newestEvent();
  const asked = await ask(trial);
  const landing = await deliver(trial, asked, await decide(trial, asked, 'sign'));
  if (landing.kind === 'callback') return failed(landingText(landing));
  if (landing.status >= 500) return failed(looksUnhandled(landing));
  if (!(await provider.fetchedSignatures(before)))
    return failed(`It did not fetch the signatures when the browser returned. ${landingText(landing)}`);
  if (landing.status >= 400) return failed(`It fetched the signatures. ${landingText(landing)}`);
  if (trial.signed !== undefined && !landingShows(landing, trial.signed))
    return failed(
      `It fetched the signatures, but its page does not show "${trial.signed}": set --signed to a text of the page after a signature. ${landingText(landing)}`,
    );
  trial.signedText = comparable(landing);
  return passed(`It fetched the signatures. ${landingText(landing)}`);
}

/** Returns whether the application can sign, which is tried once in a run. */
async function canSign(trial: SigningTrial): Promise<boolean> {
  if (trial.signedText === undefined)
    await signOnce(trial).catch((error: unknown) => {
      if (!(error instanceof Stranded)) throw error;
    });
  return typeof trial.signedText === 'string';
}

const cannotSign = notRun(
  'Without a signature that succeeds there is nothing to compare with: see signing-request.',
);

/** Returns whether a page is the one that the application shows after a signature. */
const looksSigned = (landing: Landing, { signed, signedText }: Trial): boolean =>
  landing.kind === 'page' &&
  landing.status < 400 &&
  (signed === undefined ? comparable(landing) === signedText : landingShows(landing, signed));

/** Judges the reaction to a return without signatures. */
function withoutSignatures(landing: Landing, trial: Trial): Verdict {
  if (looksSigned(landing, trial))
    return failed(
      trial.signed === undefined
        ? `Its page is the same as after a signature. ${landingText(landing)} If a word with a digit is the difference, name it with --signed.`
        : `Its page shows "${trial.signed}", as after a signature. ${landingText(landing)}`,
    );
  return landing.kind === 'page' && landing.status >= 500
    ? failed(looksUnhandled(landing))
    : passed(`Its page is not the one after a signature. ${landingText(landing)}`);
}

interface SigningCheck extends Omit<Check, 'patterns' | 'run'> {
  judge(trial: SigningTrial): Promise<Verdict>;
}

const signs = (trial: Trial): trial is SigningTrial => trial.sign !== undefined;

/** Returns a check of an application that signs with the Digital Signature Service. */
const signing = ({ judge, ...check }: SigningCheck): Check => ({
  ...check,
  patterns: bothPatterns,
  async run(trial) {
    if (!signs(trial))
      return notRun(
        'No address was named that starts a signature. If the application signs with the Digital Signature Service, name it with --sign.',
      );
    if (judge !== signOnce && !(await canSign(trial))) return cannotSign;
    return judge(trial);
  },
});

/** Checks of an application that signs, docs/signing.md. */
export const signingChecks: readonly Check[] = [
  signing({
    name: 'signing-request',
    does: 'The user starts a signature, proves presence with the PIN, and returns to the application.',
    expects:
      'The signing service accepts its request, signed with RS512 and an RSA key of at least 4096 bits; it fetches the signatures and shows a page.',
    source: tool,
    judge: signOnce,
  }),
  signing({
    name: 'signing-request-repeated',
    does: 'The user starts a signature twice, without signing.',
    expects:
      'The second request differs from the first, because a JWS is accepted once; or it leads to the one that waits.',
    source: tool,
    async judge(trial) {
      const { browser, page } = await ask(trial);
      const again = await startIn(browser, trial);
      if (again.url.href === page.url.href) return passed('It leads to the request that waits.');
      return textOf(again.body) === textOf(page.body)
        ? warning(
            'Both requests have the same payloads with the same ids: in the same second they are one JWS, and the second is refused.',
          )
        : passed('Both requests were accepted, and their payloads differ.');
    },
  }),
  signing({
    name: 'signing-declined',
    does: 'The user declines on the page of the presence check, and returns with error=access_denied.',
    expects: 'It shows a page which differs from the one after a signature.',
    source: `${failsSecurely}; RFC 6749 section 4.1.2.1`,
    async judge(trial) {
      const asked = await ask(trial);
      return withoutSignatures(await deliver(trial, asked, await decide(trial, asked, 'decline')), trial);
    },
  }),
  signing({
    name: 'signing-unknown-token',
    does: 'The user declines, and the browser returns without an error, with a token that the signing service does not know, as after it has expired.',
    expects: 'It gets no signatures, and shows a page which differs from the one after a signature.',
    source: failsSecurely,
    async judge(trial) {
      const asked = await ask(trial);
      const answer = await decide(trial, asked, 'decline');
      for (const name of ['error', 'error_description']) answer.parameters.delete(name);
      answer.parameters.set('token', 'unknown-token');
      return withoutSignatures(await deliver(trial, asked, answer), trial);
    },
  }),
  signing({
    name: 'signing-wrong-certificate',
    does: 'The signing service returns a certificate of another key, with which no signature verifies.',
    expects:
      'It verifies the signatures before it uses them. Otherwise only the receiver of the prescription notices.',
    source:
      'NHSDigital/electronic-prescription-service-api, packages/coordinator/src/services/verification; OWASP ASVS 5.0, 16.5.3',
    async judge(trial) {
      const { result: landing } = await trial.provider.withFault(
        'signing-wrong-certificate',
        { next: 1 },
        async () => {
          const asked = await ask(trial);
          return deliver(trial, asked, await decide(trial, asked, 'sign'));
        },
      );
      return looksSigned(landing, trial)
        ? warning('It accepted signatures that do not verify: EPS refuses such a prescription.')
        : withoutSignatures(landing, trial);
    },
  }),
];
