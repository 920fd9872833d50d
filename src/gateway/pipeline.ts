import { steps } from '@alongside/kernel/steps';
import type { Dependencies } from './dependencies.ts';
import { findAccessMode, refuseScopes } from './rules/access-mode.ts';
import { serveKeyedPath } from './rules/api-key.ts';
import { type Arrival, readHeaders } from './rules/arrival.ts';
import { callBackEnd } from './rules/back-end.ts';
import { checkBinding } from './rules/binding.ts';
import { describeCall, injectIdentity, requireAsid, restrictMode, swapIds } from './rules/identity.ts';
import { limitRate } from './rules/rate-limits.ts';
import { allowPath, checkRequestId } from './rules/request.ts';
import { lookUpPerson, resolveRole } from './rules/role.ts';
import { checkAudience, matchProduct, verifyToken } from './rules/token.ts';
import { answerPing, answerPreflight, answerStatus, serveOpenPath } from './rules/without-back-end.ts';

/**
 * The checks of every call, in the order of the published proxies (NHSDigital/personal-demographics-service-api,
 * proxies/default.xml and targets/ig3.xml). The order is the contract: a bad token precedes a bad path, and a bad X-Request-ID
 * precedes an operation that the mode may not use.
 */
export const pipeline = (dependencies: Dependencies) =>
  steps<Arrival>()
    .step(readHeaders)
    .step(answerPreflight)
    .step(answerPing)
    .step(answerStatus(dependencies))
    .step(serveOpenPath)
    .step(serveKeyedPath(dependencies))
    .step(verifyToken(dependencies))
    .step(checkAudience(dependencies))
    .step(checkBinding(dependencies))
    .step(matchProduct(dependencies))
    .step(limitRate(dependencies))
    .step(refuseScopes)
    .step(findAccessMode(dependencies))
    .step(allowPath)
    .step(checkRequestId)
    .step(lookUpPerson(dependencies))
    .step(resolveRole)
    .step(describeCall)
    .step(requireAsid(dependencies))
    .step(injectIdentity)
    .step(swapIds)
    .step(restrictMode)
    .step(callBackEnd(dependencies));
