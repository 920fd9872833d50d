import { comparePlan } from './compare.ts';
import { formPostPlan } from './plans.ts';

comparePlan(formPostPlan);
