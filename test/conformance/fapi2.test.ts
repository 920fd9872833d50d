import { comparePlan } from './compare.ts';
import { fapi2Plan } from './plans.ts';

comparePlan(fapi2Plan);
