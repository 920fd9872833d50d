import { comparePlan } from './compare.ts';
import { formPostPlan } from './plans.ts';
import { startCis2 } from './providers/cis2.ts';
import { startOracle } from './providers/oracle.ts';

// The API platform offers the query alone.
comparePlan(formPostPlan, [() => startCis2(), () => startOracle()]);
