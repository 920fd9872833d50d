import { comparePlan } from './compare.ts';
import { configurationPlan } from './plans.ts';

comparePlan(configurationPlan);
