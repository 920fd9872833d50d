import { comparePlan } from './compare.ts';
import { logoutPlan } from './plans.ts';

comparePlan(logoutPlan);
