import { OperatorError } from '@alongside/kernel/operator';
import { Unreachable } from './browser.ts';
import { type Check, failed, notRun, type Outcome, type Verdict } from './check.ts';
import { basis } from './checks.ts';
import { firstSignIn, type Told } from './first-sign-in.ts';
import { reasonInWords, Stranded, type Trial } from './trial.ts';

/** A check as it is reported. */
export interface Result {
  name: string;
  outcome: Outcome;
  /** What was done. */
  did: string;
  /** What a right application does. */
  expected: string;
  /** What this one did. */
  got: string;
  source: string;
}

export interface Plan {
  chosen: readonly Check[];
  told: Told;
  apiOrigin: string;
  signal: AbortSignal;
  /** Hears what is under way. */
  progress(text: string): void;
}

const resultOf = ({ name, does, expects, source }: Check, { outcome, detail }: Verdict): Result => ({
  name,
  outcome,
  did: does,
  expected: expects,
  got: detail,
  source,
});

/** The same error, or what it says of the instance: a platform that does not answer is not the application's fault. */
function blamed(error: unknown, { endpoint }: Trial): unknown {
  if (!(error instanceof Unreachable) || error.origin !== new URL(endpoint).origin) return error;
  return new OperatorError(
    `${reasonInWords(error)} The application is not at fault; start the instance again.`,
  );
}

/** Runs a step of the checks. A refusal of the platform that only the registration causes ends the run. */
async function withoutPlatformFaults(trial: Trial, run: () => Promise<void>): Promise<void> {
  const before = await trial.provider.newestEvent();
  const refused = async (): Promise<void> => {
    const [reason] = await trial.provider.registrationRefusals(before);
    if (reason !== undefined)
      throw new OperatorError(
        `The API platform refused the application for its registration (${reason}), so nothing can be said of the application. docs/errors.md names the fix.`,
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

/** An instance that no longer answers ends the run; whatever else goes wrong is the application's. */
async function carryOut(check: Check, trial: Trial, signal: AbortSignal): Promise<Verdict> {
  try {
    return await check.run(trial);
  } catch (thrown) {
    const error = blamed(thrown, trial);
    if (signal.aborted || error instanceof OperatorError) throw error;
    return failed(reasonInWords(error));
  }
}

/** Runs the checks one after the other, for each changes what the instance does. Ends early, with what there is, when the signal comes. */
export async function runChecks(trial: Trial, plan: Plan): Promise<Result[]> {
  const { chosen, told, apiOrigin, signal, progress } = plan;
  const results: Result[] = [];
  try {
    await withoutPlatformFaults(trial, () => firstSignIn(trial, told, apiOrigin));
    for (const check of chosen) {
      progress(`${results.length + 1} of ${chosen.length}  ${check.name}`);
      results.push(resultOf(check, await carryOut(check, trial, signal)));
    }
  } catch (error) {
    if (signal.aborted) return results;
    if (error instanceof OperatorError || results.length > 0) throw error;
    if (!(error instanceof Stranded)) throw new OperatorError(`${trial.start}: ${reasonInWords(error)}`);
    const others = chosen.filter((check) => check !== basis);
    const reason = notRun('Without a sign-in that succeeds there is nothing to compare with.');
    return [resultOf(basis, failed(reasonInWords(error))), ...others.map((check) => resultOf(check, reason))];
  }
  return results;
}
