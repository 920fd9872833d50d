import { comparePlan } from './compare.ts';
import { fapi2CertificatePlans } from './plans.ts';

for (const plan of fapi2CertificatePlans) comparePlan(plan);
