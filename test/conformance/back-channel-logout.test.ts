import { comparePlan } from './compare.ts';
import { backChannelPlan, secureBackChannelPlan } from './plans.ts';
import { startSecureCis2 } from './providers/cis2.ts';

comparePlan(backChannelPlan);
comparePlan(secureBackChannelPlan, [startSecureCis2]);
