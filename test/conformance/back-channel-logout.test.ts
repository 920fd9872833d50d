import { comparePlan } from './compare.ts';
import { backChannelPlan } from './plans.ts';

comparePlan(backChannelPlan);
