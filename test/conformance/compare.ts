import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { readDifferences } from './differences.ts';
import { judge, type Plan, type Verdict } from './module.ts';
import type { Provider } from './provider.ts';
import { startCis2 } from './providers/cis2.ts';
import { startOracle } from './providers/oracle.ts';
import { startOpenIdPlatform } from './providers/platform.ts';
import { passTime } from './time.ts';
import { Trial } from './trial.ts';

const spoken = (verdict: Verdict): string =>
  verdict.outcome === 'passed' ? 'passed' : `${verdict.outcome}: ${verdict.reason}`;

/**
 * Runs a plan against CIS2 (or the given providers) and, in the same run, against oidc-provider. Each module is a test, which
 * passes if both pass or differ as `differences.md` explains. A difference that no longer occurs must be removed there.
 */
export function comparePlan(
  plan: Plan,
  starts: readonly (() => Promise<Provider>)[] = [
    () => startCis2(),
    () => startOpenIdPlatform(),
    () => startOracle(),
  ],
): void {
  const listed = readDifferences().filter((difference) => difference.plan === plan.id);

  describe(plan.id, () => {
    let providers: Provider[] = [];
    before(async () => {
      providers = await Promise.all(starts.map((start) => start()));
    });
    after(async () => {
      await Promise.all(providers.map((provider) => provider.stop()));
    });

    for (const module of plan.modules)
      test(module.id, async () => {
        const found: string[] = [];
        const explained: string[] = [];
        for (const provider of providers) {
          const verdict = await judge(module, new Trial(provider, passTime, plan.variant));
          const known = listed.find(
            (difference) => difference.module === module.id && difference.provider === provider.name,
          );
          const asListed =
            known && verdict.outcome === known.outcome && verdict.reason.startsWith(known.reason);
          found.push(`${provider.name} ${spoken(verdict)}`);
          explained.push(
            `${provider.name} ${known && !asListed ? spoken(known) : known ? spoken(verdict) : 'passed'}`,
          );
        }
        assert.deepEqual(found, explained);
      });

    test(`differences.md names only modules of ${plan.id}`, () => {
      const ids = new Set(plan.modules.map(({ id }) => id));
      assert.deepEqual(
        listed.filter(({ module }) => !ids.has(module)),
        [],
      );
    });
  });
}
