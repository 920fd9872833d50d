import { comparePlan } from './compare.ts';
import { basicPlan } from './plans.ts';
import { startCis2 } from './providers/cis2.ts';
import { startOracle } from './providers/oracle.ts';

comparePlan(basicPlan, [() => startCis2(), () => startCis2('nhs'), () => startOracle()]);
