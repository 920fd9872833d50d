import { steps } from '@alongside/kernel/steps';
import { limitFailures } from '../../../oauth/limit-failures.ts';
import {
  checkAssertion,
  checkAssertionType,
  checkAudience,
  checkNotBefore,
  claimJti,
  decodeAssertion,
} from '../../application/assertion.ts';
import { checkAssertionSignature, identifyByAssertion } from '../../application/assertion-key.ts';
import {
  limitRate,
  readProducts,
  refuseOverLimit,
  requireActiveDeveloper,
  requireApproval,
  requireSubscription,
} from '../../application/client.ts';
import type { Base } from '../../base.ts';
import { errors } from '../../errors.ts';
import { type Incoming, refuseRepeated } from '../../incoming.ts';
import type { Parts } from '../../parts.ts';
import { noteProven } from '../../refused-tokens.ts';

export const checkGrantType = (expected: string) =>
  async function checkGrantType({ form }: Incoming): Promise<void> {
    const grantType = form.get('grant_type');
    if (grantType !== expected)
      throw errors.grantInvalid(`grant_type is ${grantType ?? 'missing'}, expected is ${expected}`);
  };

/** The steps of client authentication with a signed JWT. Their order is the contract. */
export const authenticated = (base: Base, parts: Parts, grantType: string) => {
  const { applications, products, developers, limiter, failures, clientKeys, singleUse, clock } = parts;
  return steps<Incoming>()
    .step(refuseRepeated)
    .step(checkAssertionType)
    .step(checkGrantType(grantType))
    .step(decodeAssertion)
    .step(checkAssertion(singleUse, clock))
    .step(limitFailures(failures, errors.networkBusy, identifyByAssertion(applications, base)))
    .step(requireApproval)
    .step(readProducts(products))
    .step(requireSubscription(base))
    .step(requireActiveDeveloper(developers))
    .step(refuseOverLimit(limiter, base))
    .step(limitFailures(failures, errors.networkBusy, checkAssertionSignature(clientKeys)))
    .step(checkAudience(base.tokenUrl))
    .step(checkNotBefore(clock))
    .step(claimJti(singleUse, clock, base.hardening))
    .step(noteProven)
    .step(limitRate(limiter, base));
};
