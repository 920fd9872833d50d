import { Answer } from '@alongside/kernel/answer';
import { type ErrorEntry, Refusal, type Refuse } from '@alongside/kernel/errors';
import type { Check, TrialReport, TriedCheck, TriedRefusal } from '@alongside/kernel/trial';
import { shown } from './check.ts';

// A dry run: the steps of an endpoint, each as a check of its own, past the first failure.

/** The end of a dry run. */
interface TrialEnd {
  /** The checks of the real endpoint, which decide. */
  endpoint?: (() => Promise<Answer>) | undefined;
  /** Returns the public description of a refusal. */
  words(refusal: Refusal): string;
}

type Known = Record<string, unknown>;

/** A step of an endpoint as a check of the dry run. */
interface StepProbe {
  /** Name of the check; without one it is shown only after a failure. */
  check?: string;
  expected?: string;
  step(known: object): unknown;
  /** Whether later checks depend on it. */
  needed?: boolean;
  /** Returns the received value for display. */
  received?(known: object): unknown;
}

/** The result of a check with its error. */
export interface CheckedRule extends Check {
  readonly refuse: Refuse;
}

/** A table of rules, which are all checked. */
interface RulesProbe {
  rules(known: object): readonly CheckedRule[] | Promise<readonly CheckedRule[]>;
}

export type Probe = StepProbe | RulesProbe;

/** Throws a refusal instead of redirecting. */
export const throwing = {
  async redirect(refusal: Refusal): Promise<Answer> {
    throw refusal;
  },
};

const explained = ({ id, fix, actor, source }: ErrorEntry): TriedRefusal => ({
  error: id,
  fix,
  actor,
  source,
});

/** Combines rules with the same name: the first failure, or else the last rule. */
function onePerName(rules: readonly CheckedRule[]): TriedCheck[] {
  const byName = new Map<string, TriedCheck>();
  for (const { refuse, ...check } of rules)
    if (byName.get(check.check)?.ok !== false)
      byName.set(check.check, check.ok ? check : { ...check, refusal: explained(refuse.entry) });
  return [...byName.values()];
}

/** Returns the refusal of an endpoint's checks, whether thrown or a redirect; undefined if they pass. */
async function refusalOf(run: () => Promise<Answer>): Promise<Refusal | undefined> {
  try {
    return (await run()).because?.refusal;
  } catch (thrown) {
    if (thrown instanceof Refusal) return thrown;
    throw thrown;
  }
}

const publicOf = (refusal: Refusal, words: TrialEnd['words']): NonNullable<TrialReport['answer']> => ({
  status: refusal.entry.status,
  error: refusal.entry.code,
  error_description: words(refusal),
});

/** Runs all checks in order. Continues after a failure unless later checks depend on it. */
export async function tryAll(
  start: object,
  probes: readonly Probe[],
  { endpoint, words }: TrialEnd,
): Promise<TrialReport> {
  let known: Known = { ...start };
  let first: Refusal | undefined;
  const checks: TriedCheck[] = [];
  for (const probe of probes) {
    if ('rules' in probe) {
      const rules = await probe.rules(known);
      checks.push(...onePerName(rules));
      const failed = rules.find(({ ok }) => !ok);
      first ??= failed?.refuse(failed.received);
      continue;
    }
    const { check, expected = '', step, needed, received } = probe;
    try {
      const result = await step(known);
      if (result && !(result instanceof Answer)) known = { ...known, ...(result as Known) };
      if (check !== undefined)
        checks.push({
          check,
          ok: true,
          expected,
          received: received ? shown(received(known)) : 'as expected',
        });
    } catch (thrown) {
      if (!(thrown instanceof Refusal)) throw thrown;
      first ??= thrown;
      checks.push({
        check: check ?? thrown.entry.id,
        ok: false,
        expected,
        received: thrown.detail,
        refusal: explained(thrown.entry),
      });
      if (needed) break;
    }
  }
  // The endpoint's own steps decide, so that the result cannot differ from the real response.
  const verdict = endpoint ? await refusalOf(endpoint) : first;
  if (verdict && checks.every(({ ok }) => ok))
    checks.push({
      check: verdict.entry.id,
      ok: false,
      expected: verdict.facts?.expected ?? verdict.entry.expected,
      received: verdict.detail || verdict.entry.description,
      refusal: explained(verdict.entry),
    });
  return { ok: verdict === undefined, checks, answer: verdict ? publicOf(verdict, words) : null };
}
