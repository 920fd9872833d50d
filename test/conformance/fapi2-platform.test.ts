import { comparePlan } from './compare.ts';
import { fapi2CertificatePlan, fapi2Plan, plainOf } from './plans.ts';
import { startPlatform } from './providers/platform.ts';

// The other plans run against /oauth2.1 as an OpenID provider. Here the gateway checks the tokens, by key and by certificate.
for (const plan of [fapi2Plan, fapi2CertificatePlan]) comparePlan(plainOf(plan), [startPlatform]);
