import type { Trial } from './trial.ts';

/** What came of a check. `notRun`: this application gives no occasion for it. */
export type Outcome = 'passed' | 'failed' | 'warning' | 'notRun';

export interface Verdict {
  outcome: Outcome;
  /** What this application did, in one or two sentences. */
  detail: string;
}

/** One check of a relying party, one file each. */
export interface Check {
  /** The module of the certification plans with the same intent where there is one; `cis2-` begins our own. */
  readonly name: string;
  /** What is done, as the report tells it. */
  readonly does: string;
  /** What a right application does. */
  readonly expects: string;
  /** The public source of the rule. */
  readonly source: string;
  run(trial: Trial): Promise<Verdict>;
}

const verdict =
  (outcome: Outcome) =>
  (detail: string): Verdict => ({ outcome, detail });

export const passed = verdict('passed');
export const failed = verdict('failed');
export const warning = verdict('warning');
export const notRun = verdict('notRun');
