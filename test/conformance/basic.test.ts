import { comparePlan } from './compare.ts';
import { assertionPlan, basicPlan, dynamicPlan } from './plans.ts';
import { startCis2, startDynamicCis2 } from './providers/cis2.ts';
import { startOracle } from './providers/oracle.ts';
import { startOpenIdPlatform } from './providers/platform.ts';

comparePlan(basicPlan, [
  () => startCis2(),
  () => startCis2('nhs'),
  () => startOpenIdPlatform(),
  () => startOracle(),
]);
comparePlan(assertionPlan, [
  () => startCis2(),
  () => startCis2('nhs'),
  () => startOpenIdPlatform(),
  () => startOracle(),
]);
comparePlan(dynamicPlan, [startDynamicCis2]);
