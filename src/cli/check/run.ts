import type { JourneyEvent } from '@alongside/kernel/events';
import { OperatorError } from '@alongside/kernel/operator';
import { type Callback, type Exchange, type Landing, Unreachable } from '../../kit/browser.ts';
import { counted } from '../table.ts';
import { type Check, failed, notRun, type Outcome, type Verdict } from './check.ts';
import { signIn } from './checks/session.ts';
import { fixes } from './fixes.ts';
import { reasonSentence, Stranded, shownText, shows, type Trial } from './trial.ts';

/** Facts about the application, given by the caller. */
interface ApplicationFacts {
  signedIn: string | undefined;
  page: string | undefined;
}

/**
 * Runs the first sign-in, with which all checks are compared. Throws Stranded if it fails, OperatorError if the call must change.
 */
async function firstSignIn(trial: Trial, told: ApplicationFacts, api: string): Promise<void> {
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

export interface Result {
  name: string;
  outcome: Outcome;
  /** The check's actions. */
  done: string;
  /** The behaviour of a correct application. */
  expected: string;
  /** The behaviour of this application. */
  received: string;
  source: string;
  /** The fix; empty if it passed. */
  fix: string;
}

/** A result with what was sent and answered. */
export interface Examined extends Result {
  readonly exchanges: readonly Exchange[];
  /** Calls between the application and the instance, without the browser. */
  readonly calls: string[];
}

export interface Plan {
  chosen: readonly Check[];
  /** Whether the user named them: then those that do not apply are reported too. */
  named: boolean;
  told: ApplicationFacts;
  api: string;
  signal: AbortSignal;
  /** Called with the current activity. */
  progress(text: string): void;
}

const resultOf = ({ name, does, expects, source }: Check, { outcome, detail }: Verdict): Result => ({
  name,
  outcome,
  done: does,
  expected: expects,
  received: detail,
  source,
  fix: outcome === 'failed' || outcome === 'warning' ? (fixes[name] ?? '') : '',
});

/** Replaces an error that the instance caused: the application is not to blame for a platform that is down. */
function blamed(error: unknown, { endpoints }: Trial): unknown {
  if (
    !(error instanceof Unreachable) ||
    !endpoints.some((endpoint) => error.origin === new URL(endpoint).origin)
  )
    return error;
  return new OperatorError(
    `${reasonSentence(error)} The application is not at fault; start the instance again.`,
  );
}

/** Runs a step of the checks. Ends the run at a refusal of the platform that only the registration causes. */
async function withoutPlatformFaults(trial: Trial, run: () => Promise<void>): Promise<void> {
  const before = await trial.provider.newestEvent();
  const refused = async (): Promise<void> => {
    const [reason] = await trial.provider.registrationRefusals(before);
    if (reason !== undefined)
      throw new OperatorError(
        `The API platform refused the application for its registration (${reason}), so the application cannot be judged. docs/errors.md has the fix.`,
      );
  };
  try {
    await run();
  } catch (error) {
    const cause = blamed(error, trial);
    if (cause instanceof Stranded) await refused();
    throw cause;
  }
}

/** Runs a check. Ends the run if the instance is down; blames the application for other errors. */
async function carryOut(check: Check, trial: Trial, signal: AbortSignal): Promise<Verdict> {
  try {
    return await check.run(trial);
  } catch (thrown) {
    const error = blamed(thrown, trial);
    if (signal.aborted || error instanceof OperatorError) throw error;
    return failed(reasonSentence(error));
  }
}

/** Returns what happened at a trial since the last call. */
async function observerOf(trial: Trial): Promise<() => Promise<Pick<Examined, 'exchanges' | 'calls'>>> {
  const { provider } = trial;
  let seen = await provider.newestEvent();
  return async () => {
    const events = await provider.eventsSince(seen);
    seen = events.at(-1)?.seq ?? seen;
    const calls = events
      .filter(({ from, to }) => from === 'application' || to === 'application')
      .filter(({ detail }) => detail.reason !== 'authorisation.logoutUnknown')
      .map(callText);
    return { exchanges: trial.takeExchanges(), calls: [...new Set(calls)] };
  };
}

function callText({ from, to, name, outcome, detail }: JourneyEvent): string {
  const { reason } = detail;
  const why = outcome === 'ok' ? '' : `, ${outcome}${reason === undefined ? '' : ` (${reason})`}`;
  return `${from} to ${to}: ${name}${why}`;
}

const notObserved: Pick<Examined, 'exchanges' | 'calls'> = { exchanges: [], calls: [] };

/** Runs the checks one after another, because each changes the instance. A signal ends the run with the results so far. */
export async function runChecks(trial: Trial, plan: Plan): Promise<Examined[]> {
  const { chosen, named, told, api, signal, progress } = plan;
  const results: Examined[] = [];
  try {
    const observed = await observerOf(trial);
    await withoutPlatformFaults(trial, () => firstSignIn(trial, told, api));
    const { pattern } = trial.known;
    const fits = ({ patterns = ['separate'] }: Check) => patterns.includes(pattern);
    const fitting = chosen.filter((check) => named || fits(check));
    for (const check of fitting) {
      progress(`${results.length + 1} of ${fitting.length}  ${check.name}`);
      const verdict = fits(check)
        ? await carryOut(check, trial, signal)
        : notRun(`The application uses the ${pattern} pattern.`);
      results.push({ ...resultOf(check, verdict), ...(await observed()) });
    }
  } catch (error) {
    if (signal.aborted) return results;
    if (error instanceof OperatorError || results.length > 0) throw error;
    if (!(error instanceof Stranded)) throw new OperatorError(`${trial.start}: ${reasonSentence(error)}`);
    const others = chosen.filter((check) => check !== signIn);
    const reason = notRun('Without a sign-in that succeeds there is nothing to compare with.');
    return [
      { ...resultOf(signIn, failed(reasonSentence(error))), ...notObserved },
      ...others.map((check) => ({ ...resultOf(check, reason), ...notObserved })),
    ];
  }
  return results;
}

const marks: Record<Outcome, string> = {
  passed: 'passed  ',
  failed: 'FAILED  ',
  warning: 'warning ',
  notRun: 'not run ',
};

export type Counts = Record<Outcome, number>;

export function countsOf(results: readonly Result[]): Counts {
  const counts: Counts = { passed: 0, failed: 0, warning: 0, notRun: 0 };
  for (const { outcome } of results) counts[outcome] += 1;
  return counts;
}

/** Formats the results for people: a passed check in one line, the others with all details. */
export function reportLines(results: readonly Result[]): string[] {
  const { passed, failed, warning, notRun } = countsOf(results);
  return [
    ...results.flatMap(({ outcome, name, done, expected, received, source, fix }) => [
      `${marks[outcome]}${name}: ${received}`,
      ...(outcome === 'passed'
        ? []
        : [
            `          done:     ${done}`,
            `          expected: ${expected}`,
            `          source:   ${source}`,
          ]),
      ...(fix === '' ? [] : [`          fix:      ${fix}`]),
    ]),
    '',
    `${passed} passed, ${failed} failed, ${counted(warning, 'warning')}, ${notRun} not run.`,
  ];
}
