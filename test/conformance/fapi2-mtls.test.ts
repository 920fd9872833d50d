import { comparePlan } from './compare.ts';
import { fapi2CertificatePlan } from './plans.ts';

comparePlan(fapi2CertificatePlan, { sender: 'mtls' });
