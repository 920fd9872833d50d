import type { Landing } from '../../kit/browser.ts';
import { landingText, type Pattern, type Reaction, type Trial } from './trial.ts';

/** The result of a check. `notRun`: it does not apply to this application. */
export type Outcome = 'passed' | 'failed' | 'warning' | 'notRun';

export interface Verdict {
  outcome: Outcome;
  /** The application's behaviour, in one or two sentences. */
  detail: string;
}

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

/** Returns whether a response was an unhandled error of the application. */
export const isAccident = ({ landing }: Reaction): boolean =>
  landing.kind === 'page' && landing.status >= 500;

/** Describes a page that was shown for an unhandled error. */
export const looksUnhandled = (landing: Landing): string =>
  `${landingText(landing)} That looks like an unhandled error.`;

export const noTokenCall = notRun('The application did not ask for tokens.');

/** Judges the application's reaction to something that it must refuse. */
export function refusal(reaction: Reaction): Verdict {
  if (reaction.signedIn) return failed('It signed the user in anyway.');
  return isAccident(reaction)
    ? warning(`It refused the sign-in. ${looksUnhandled(reaction.landing)}`)
    : passed(`It refused the sign-in. ${landingText(reaction.landing)}`);
}

export interface SignInFault {
  name: string;
  /** Named fault of CIS2. */
  fault: string;
  does: string;
  source: string;
  /** Returns why this application cannot be tested; undefined if it can. */
  unfit?: (trial: Trial) => Verdict | undefined;
}

/** Returns a check with a faulty sign-in, which the application must refuse. */
export const refusesSignIn = ({ name, fault, does, source, unfit }: SignInFault): Check => ({
  name,
  does: `A sign-in in which ${does}.`,
  expects: 'It refuses the sign-in and shows an error.',
  source,
  async run(trial) {
    const reason = unfit?.(trial);
    if (reason) return reason;
    const { result, met } = await trial.provider.withFault(fault, { next: 1 }, () => trial.signIn());
    return met ? refusal(result) : noTokenCall;
  },
});
