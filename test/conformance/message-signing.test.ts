import { comparePlan } from './compare.ts';
import { messageSigningPlan } from './plans.ts';

comparePlan(messageSigningPlan);
