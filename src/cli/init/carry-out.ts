import { OperatorError } from '@alongside/kernel/operator';
import { type Outcome, type OwnTests, type RunOptions, runTests } from './npm-test.ts';
import { type Change, writePlan } from './plan.ts';

export interface CarryOutOptions extends RunOptions {
  /** Whether to run the project's tests before and after. */
  runsNpmTest: boolean;
  note(text: string): void;
}

/** How the project's tests ended, if they were run. */
export interface Tested {
  readonly before: Outcome | 'not run';
  readonly after: Outcome | 'not run';
  /** In sentences for the user; empty if there is nothing to compare. */
  readonly about: string;
}

/** Seconds that the new test may add: it starts an instance. */
const maxTestSeconds = 60;

/**
 * Writes the plan. If the project's tests pass before and not after, undoes it.
 * @throws OperatorError if they pass before and not after
 */
export async function carryOutPlan(
  folder: string,
  plan: readonly Change[],
  tests: OwnTests | undefined,
  { runsNpmTest, note, ...options }: CarryOutOptions,
): Promise<Tested> {
  const isChange = plan.some(({ outcome }) => outcome !== 'kept');
  if (!runsNpmTest || !isChange || tests === undefined) {
    writePlan(folder, plan);
    return { before: 'not run', after: 'not run', about: '' };
  }
  const command = `"${tests.command}"`;
  const before = await runTests(folder, tests.command, options);
  const undo = writePlan(folder, plan);
  const untested = (about: string): Tested => ({ before: before.outcome, after: 'not run', about });
  if (before.outcome === 'late')
    return untested(
      `${command} did not end within ${options.limit} s, so init cannot show that it still passes. --npm-test-limit allows more.`,
    );
  if (before.outcome === 'failed')
    return untested(`${command} failed before init wrote a file, so init cannot show that it still passes.`);
  if (tests.needsInstallation)
    return untested(
      `${command} passed before init. It now includes the new test: run it again after the installation.`,
    );
  let isKept = false;
  try {
    const after = await runTests(folder, tests.command, {
      ...options,
      limit: options.limit + maxTestSeconds,
    });
    isKept = after.outcome === 'passed';
    if (isKept) return { before: 'passed', after: 'passed', about: `${command} passes, as before init.` };
    for (const line of after.output) note(line);
    const ended = after.outcome === 'late' ? 'does not end' : 'fails';
    throw new OperatorError(
      `${command} passed before init and ${ended} with the new files, so init removed them again; everything is as before. --no-npm-test writes them without this run.`,
    );
  } finally {
    if (!isKept) undo();
  }
}
