import { steps } from '@alongside/kernel/steps';
import { serveKeyedPath } from './rules/api-key.ts';
import { callBackEnd } from './rules/back-end.ts';
import { checkBinding } from './rules/binding.ts';
import { describeCall, injectIdentity, requireAsid, restrictMode, swapIds } from './rules/identity.ts';
import { limitRate } from './rules/rate-limits.ts';
import {
  type Arrival,
  allowPath,
  checkRequestId,
  readHeaders,
  refuseAmbiguousPath,
  refuseServiceWorker,
} from './rules/request.ts';
import { lookUpPerson, resolveRole } from './rules/role.ts';
import { signIdentity } from './rules/signed-identity.ts';
import { checkAudience, findAccessMode, matchProduct, refuseScopes, verifyToken } from './rules/token.ts';
import { answerPing, answerPreflight, answerStatus, serveOpenPath } from './rules/without-back-end.ts';

/**
 * The checks of every call, in the order of the published proxies (NHSDigital/personal-demographics-service-api,
 * proxies/default.xml and targets/ig3.xml). The order is the contract: a bad token precedes a bad path, and a bad X-Request-ID
 * precedes an operation that the mode may not use.
 */
export const pipeline = steps<Arrival>('gateway.call')
  .step(refuseServiceWorker)
  .step(readHeaders)
  .step(answerPreflight)
  .step(answerPing)
  .step(answerStatus)
  .step(refuseAmbiguousPath)
  .step(serveOpenPath)
  .step(serveKeyedPath)
  .step(verifyToken)
  .step(checkAudience)
  .step(checkBinding)
  .step(matchProduct)
  .step(limitRate)
  .step(refuseScopes)
  .step(findAccessMode)
  .step(allowPath)
  .step(checkRequestId)
  .step(lookUpPerson)
  .step(resolveRole)
  .step(describeCall)
  .step(requireAsid)
  .step(injectIdentity)
  .step(swapIds)
  .step(restrictMode)
  .step(signIdentity)
  .step(callBackEnd);
