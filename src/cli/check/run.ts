import { OperatorError } from '@alongside/kernel/operator';
import { Unreachable } from '../../kit/browser.ts';
import { type Check, failed, notRun, type Outcome, type Verdict } from './check.ts';
import { signIn } from './checks/session.ts';
import { type ApplicationFacts, firstSignIn } from './first-sign-in.ts';
import { mends } from './mends.ts';
import { reasonSentence, Stranded, type Trial } from './trial.ts';

/** A result for the report. */
export interface Result {
  name: string;
  outcome: Outcome;
  /** The check's actions. */
  did: string;
  /** The behaviour of a correct application. */
  expected: string;
  /** The behaviour of this application. */
  got: string;
  source: string;
  /** How to mend it; empty if it passed. */
  mend: string;
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
  did: does,
  expected: expects,
  got: detail,
  source,
  mend: outcome === 'failed' || outcome === 'warning' ? (mends[name] ?? '') : '',
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

/** Runs the checks one after another, because each changes the instance. A signal ends the run with the results so far. */
export async function runChecks(trial: Trial, plan: Plan): Promise<Result[]> {
  const { chosen, named, told, api, signal, progress } = plan;
  const results: Result[] = [];
  try {
    await withoutPlatformFaults(trial, () => firstSignIn(trial, told, api));
    const { pattern } = trial.known;
    const fits = ({ patterns = ['separate'] }: Check) => patterns.includes(pattern);
    const fitting = chosen.filter((check) => named || fits(check));
    for (const check of fitting) {
      progress(`${results.length + 1} of ${fitting.length}  ${check.name}`);
      const verdict = fits(check)
        ? await carryOut(check, trial, signal)
        : notRun(`The application uses the ${pattern} pattern.`);
      results.push(resultOf(check, verdict));
    }
  } catch (error) {
    if (signal.aborted) return results;
    if (error instanceof OperatorError || results.length > 0) throw error;
    if (!(error instanceof Stranded)) throw new OperatorError(`${trial.start}: ${reasonSentence(error)}`);
    const others = chosen.filter((check) => check !== signIn);
    const reason = notRun('Without a sign-in that succeeds there is nothing to compare with.');
    return [
      resultOf(signIn, failed(reasonSentence(error))),
      ...others.map((check) => resultOf(check, reason)),
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
    ...results.flatMap(({ outcome, name, did, expected, got, source, mend }) => [
      `${marks[outcome]}${name}: ${got}`,
      ...(outcome === 'passed'
        ? []
        : [`          done:     ${did}`, `          expected: ${expected}`, `          source:   ${source}`]),
      ...(mend === '' ? [] : [`          mend:     ${mend}`]),
    ]),
    '',
    `${passed} passed, ${failed} failed, ${warning} ${warning === 1 ? 'warning' : 'warnings'}, ${notRun} not run.`,
  ];
}
