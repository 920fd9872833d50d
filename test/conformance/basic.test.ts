import { comparePlan } from './compare.ts';
import { assertionPlan, basicPlan } from './plans.ts';
import { startCis2 } from './providers/cis2.ts';
import { startOracle } from './providers/oracle.ts';

for (const plan of [basicPlan, assertionPlan])
  comparePlan(plan, [() => startCis2(), () => startCis2('nhs'), () => startOracle()]);
