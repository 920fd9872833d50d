import { OperatorError } from '@alongside/kernel/operator';
import { firstTest, scriptOf } from './first-test.ts';
import { hasAlongside, type Outcome, type RunOptions, runNpmTest } from './npm-test.ts';
import { type Change, type Wishes, writePlan } from './plan.ts';
import type { Project } from './project.ts';

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
  project: Project,
  plan: readonly Change[],
  wishes: Wishes,
  { runsNpmTest, note, ...options }: CarryOutOptions,
): Promise<Tested> {
  const command = `"${project.manager.test}"`;
  const isChange = plan.some(({ outcome }) => outcome !== 'kept');
  if (!runsNpmTest || !isChange || scriptOf(project.manifest) === undefined) {
    writePlan(project, plan);
    return { before: 'not run', after: 'not run', about: '' };
  }
  const { inNpmTest } = firstTest(project, wishes.runner);
  const before = await runNpmTest(project, options);
  const undo = writePlan(project, plan);
  const untested = (about: string): Tested => ({ before: before.outcome, after: 'not run', about });
  if (before.outcome === 'late')
    return untested(
      `${command} did not end within ${options.limit} s, so init cannot show that it still passes. --npm-test-limit allows more.`,
    );
  if (before.outcome === 'failed')
    return untested(`${command} failed before init wrote a file, so init cannot show that it still passes.`);
  if (inNpmTest && !hasAlongside(project))
    return untested(
      `${command} passed before init. It now includes the new test: run it again after the installation.`,
    );
  let isKept = false;
  try {
    const after = await runNpmTest(project, { ...options, limit: options.limit + maxTestSeconds });
    isKept = after.outcome === 'passed';
    if (isKept) return { before: 'passed', after: 'passed', about: `${command} passes, as before init.` };
    for (const line of after.output) note(line);
    const ended = after.outcome === 'late' ? 'does not end' : 'fails';
    throw new OperatorError(
      `${command} passed before init and ${ended} with the new files, so init removed them again; package.json is as before. --no-npm-test writes them without this run.`,
    );
  } finally {
    if (!isKept) undo();
  }
}
