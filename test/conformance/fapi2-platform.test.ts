import { comparePlan } from './compare.ts';
import { plainFapi2CertificatePlan, plainFapi2Plan } from './plans.ts';
import { startPlatform } from './providers/platform.ts';

comparePlan(plainFapi2Plan, {}, [startPlatform]);
comparePlan(plainFapi2CertificatePlan, { sender: 'mtls' }, [startPlatform]);
