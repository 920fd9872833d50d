import { Answer } from '@alongside/kernel/answer';
import { Refusal, type Refuse } from '@alongside/kernel/errors';
import { type Check, shown } from '../../oauth/check.ts';
import { NetworkLimit } from '../../oauth/network-limit.ts';
import { RateLimiter } from '../../oauth/rate-limits.ts';
import { Tokens } from '../../oauth/tokens.ts';
import { Jtis } from '../../storage/jtis.ts';
import { SingleUse } from '../../storage/single-use.ts';
import {
  readProducts,
  requireActiveDeveloper,
  requireApproval,
  requireSubscription,
  type WithClient,
} from '../application/client.ts';
import type { Base } from '../base.ts';
import { words } from '../diagnosis.ts';
import type { PlatformParts } from '../parts.ts';
import type { ValidationAnswer } from '../protocol.ts';

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

class DryJtis extends Jtis {
  /** Returns whether the use would be the first. */
  override async use(kind: string, jti: string, _lifetime: number, longest: number): Promise<boolean> {
    return !(await this.isUsed(kind, jti, longest));
  }
}

class DrySingleUse extends SingleUse {
  /** Returns whether the claim would be the first, without claiming. */
  override async claim(kind: string, value: string): Promise<boolean> {
    return !(await this.claimed(kind, value));
  }
}

class DryRateLimiter extends RateLimiter {
  override exceededByNetwork: RateLimiter['exceededByNetwork'] = async () => undefined;
}

class DryNetworkLimit extends NetworkLimit {
  override async admits(): Promise<boolean> {
    return true;
  }
}

class DryTokens extends Tokens {
  override async revokeFamily(): Promise<number> {
    return 0;
  }
}

/** Throws a refusal instead of redirecting. */
export const throwing = {
  async redirect(refusal: Refusal): Promise<Answer> {
    throw refusal;
  },
};

/** Returns parts with which steps check as usual but use nothing up. */
export const dryParts = (parts: PlatformParts): PlatformParts => ({
  ...parts,
  singleUse: new DrySingleUse(parts.database, parts.clock, new DryJtis(parts.database, parts.clock)),
  tokens: new DryTokens(parts.database, parts.clock, parts.vault),
  limiter: new DryRateLimiter(parts.database, parts.clock),
  failures: new DryNetworkLimit(parts, 'dry', 1),
  unproven: new DryNetworkLimit(parts, 'dry', 1),
  diagnosis: { ...parts.diagnosis, ...throwing },
});

/** Combines rules with the same name: the first failure, or else the last rule. */
function onePerName(rules: readonly CheckedRule[]): Check[] {
  const byName = new Map<string, Check>();
  for (const { refuse: _, ...check } of rules)
    if (byName.get(check.check)?.ok !== false) byName.set(check.check, check);
  return [...byName.values()];
}

/** Returns the public part of a refusal. */
const publicOf = (refusal: Refusal): NonNullable<ValidationAnswer['answer']> => ({
  status: refusal.entry.status,
  error: refusal.entry.code,
  error_description: words(refusal),
});

/** Returns the refusal of an endpoint's checks, whether thrown or a redirect; undefined if they pass. */
async function refusalOf(run: () => Promise<Answer>): Promise<Refusal | undefined> {
  try {
    return (await run()).because?.refusal;
  } catch (thrown) {
    if (thrown instanceof Refusal) return thrown;
    throw thrown;
  }
}

/** Runs all checks in order. Continues after a failure unless later checks depend on it. */
export async function tryAll(
  start: object,
  probes: readonly Probe[],
  endpoint?: () => Promise<Answer>,
): Promise<Pick<ValidationAnswer, 'ok' | 'checks' | 'answer'>> {
  let known: Known = { ...start };
  let first: Refusal | undefined;
  const checks: Check[] = [];
  for (const probe of probes) {
    if ('rules' in probe) {
      const rules = await probe.rules(known);
      checks.push(...onePerName(rules));
      const failed = rules.find(({ ok }) => !ok);
      first ??= failed?.refuse();
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
      checks.push({ check: check ?? thrown.entry.id, ok: false, expected, received: thrown.detail });
      if (needed) break;
    }
  }
  // The endpoint's own steps decide, so that the result cannot differ from the real response.
  const verdict = endpoint ? await refusalOf(endpoint) : first;
  if (verdict && checks.every(({ ok }) => ok))
    checks.push({
      check: verdict.entry.id,
      ok: false,
      expected: verdict.entry.fix,
      received: verdict.detail || verdict.entry.description,
    });
  return { ok: verdict === undefined, checks, answer: verdict ? publicOf(verdict) : null };
}

/** Returns the name of the client, if known. */
export const clientName = ({ client }: Partial<WithClient>): unknown => client?.application.name;

/** The checks of the application in every flow. */
export const standing = ({ api }: Base): Probe[] => [
  { check: 'application', expected: 'approved', step: requireApproval },
  { step: readProducts },
  { check: 'products', expected: `one that includes the API ${api}`, step: requireSubscription },
  { check: 'developer', expected: 'active', step: requireActiveDeveloper },
];
