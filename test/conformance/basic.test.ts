import { comparePlan } from './compare.ts';
import { basicPlan } from './plans.ts';

comparePlan(basicPlan);
