import type { Answer } from '@alongside/kernel/answer';
import type { HttpRequest } from '@alongside/kernel/http';
import { steps } from '@alongside/kernel/steps';
import { authenticateClient } from '../../oauth/server/client-authentication/authenticate.ts';
import { readForm } from '../../oauth/server/form.ts';
import { keepRequest, refusePushed } from '../../oauth/server/pushed-request.ts';
import { proveKey } from '../../oauth/server/sender-constraint.ts';
import {
  limitRate,
  readProducts,
  requireActiveDeveloper,
  requireApproval,
  requireSubscription,
  type WithClient,
} from '../application/client.ts';
import type { Base } from '../base.ts';
import type { Parts } from '../parts.ts';
import { errors } from './errors.ts';
import type { Incoming } from './incoming.ts';
import { notAllowed, orElse } from './or-else.ts';
import {
  checkChallenge,
  checkKey,
  checkResources,
  checkResponse,
  checkScope,
  checkSignIn,
  readObject,
  redirectUriOf,
  type WithReply,
} from './request-checks.ts';
import type { ServerCall, StandardServer } from './server.ts';

/** What is wrong with a pushed request is said to its client at once, as JSON (RFC 9126 section 2.3). */
const prepareReply = (base: Base) =>
  async function prepareReply(known: Incoming & WithClient): Promise<WithReply> {
    if (known.parameters.has('request_uri')) throw errors.requestMalformed('request_uri cannot be pushed');
    return {
      redirectUri: redirectUriOf(base, known),
      fail: async (refusal) => refusePushed(refusal),
    };
  };

/** `POST /par` (RFC 9126): the client proves itself and is told what is wrong before any browser is involved. */
export function createPar(
  server: StandardServer,
  base: Base,
  parts: Parts,
): (request: HttpRequest) => Promise<Answer> {
  const { products, developers, limiter, urls } = parts;
  const list = steps<ServerCall>()
    .step(readForm)
    .step(authenticateClient)
    .step(orElse(requireApproval, notAllowed))
    .step(readProducts(products))
    .step(orElse(requireSubscription(base), notAllowed))
    .step(orElse(requireActiveDeveloper(developers), notAllowed))
    .step(limitRate(limiter, base))
    .step(proveKey('pushed'))
    .step(readObject(server))
    .step(prepareReply(base))
    .step(checkResponse)
    .step(checkChallenge)
    .step(checkScope)
    .step(checkSignIn)
    .step(checkResources(urls.api))
    .step(checkKey)
    .step(keepRequest);
  return (request) => list.run({ server, request });
}
