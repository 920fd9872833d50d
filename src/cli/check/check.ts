import type { Pattern, Trial } from './trial.ts';

/** The result of a check. `notRun`: it does not apply to this application. */
export type Outcome = 'passed' | 'failed' | 'warning' | 'notRun';

export interface Verdict {
  outcome: Outcome;
  /** The application's behaviour, in one or two sentences. */
  detail: string;
}

/** One check of an application. */
export interface Check {
  /** The module of the certification plans with the same purpose, if any; others begin with `cis2-`. */
  readonly name: string;
  /** The check's actions, for the report. */
  readonly does: string;
  /** The behaviour of a correct application. */
  readonly expects: string;
  /** The public source of the rule. */
  readonly source: string;
  /** The patterns that it is for; `separate` by default. */
  readonly patterns?: readonly Pattern[];
  run(trial: Trial): Promise<Verdict>;
}

/** For checks of both patterns. */
export const bothPatterns: readonly Pattern[] = ['separate', 'combined'];

const verdict =
  (outcome: Outcome) =>
  (detail: string): Verdict => ({ outcome, detail });

export const passed = verdict('passed');
export const failed = verdict('failed');
export const warning = verdict('warning');
export const notRun = verdict('notRun');
