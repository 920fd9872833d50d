import { comparePlan } from './compare.ts';
import { fapi2CertificatePlans, fapi2Plan, messageSigningPlan, plainOf } from './plans.ts';
import { startPlatform } from './providers/platform.ts';

for (const plan of [fapi2Plan, ...fapi2CertificatePlans, messageSigningPlan])
  comparePlan(plainOf(plan), [startPlatform]);
