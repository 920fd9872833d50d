import { type Answer, json } from '@alongside/kernel/answer';
import { Refusal } from '@alongside/kernel/errors';
import type { HttpRequest } from '@alongside/kernel/http';
import { steps } from '@alongside/kernel/steps';
import type { Parameters } from '../../oauth/parameters.ts';
import { type PushedRequests, pushedLifetime } from '../../oauth/pushed-requests.ts';
import { authenticateClient } from '../../oauth/server/client-authentication/authenticate.ts';
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
import { errors as oauthErrors } from '../errors.ts';
import type { Parts } from '../parts.ts';
import { errors } from './errors.ts';
import { type Incoming, readForm } from './incoming.ts';
import { notAllowed, orElse } from './or-else.ts';
import { pushedAt } from './pushed.ts';
import {
  type Asked,
  checkChallenge,
  checkKey,
  checkResources,
  checkResponse,
  checkScope,
  checkSignIn,
  redirectUriOf,
  type WithReply,
} from './request-checks.ts';
import { readObject } from './request-object.ts';
import type { ServerCall, StandardServer } from './server.ts';

/** What is wrong with a pushed request is said to its client at once, as JSON (RFC 9126 section 2.3). */
const prepareReply = (base: Base) =>
  async function prepareReply(known: Incoming & WithClient): Promise<WithReply> {
    if (known.parameters.has('request_uri')) throw errors.requestMalformed('request_uri cannot be pushed');
    return {
      redirectUri: redirectUriOf(base, known),
      async fail({ entry, detail }) {
        throw new Refusal({ ...entry, status: 400, redirect: false }, detail);
      },
    };
  };

/** The request without what proved the client, and with the key that the client proved. */
const requestOf = (parameters: Parameters, boundTo: string | null): Parameters => {
  const request = parameters.without(
    'client_id',
    'client_secret',
    'client_assertion',
    'client_assertion_type',
  );
  return boundTo === null ? request : request.without('dpop_jkt').and('dpop_jkt', boundTo);
};

const keepRequest = (pushed: PushedRequests, { anonymousRows }: Pick<Parts, 'anonymousRows'>) =>
  async function keepRequest({
    request: { address },
    parameters,
    client,
    boundTo,
  }: Asked & WithClient & { boundTo: string | null }): Promise<Answer> {
    const { clientId, tokenEndpointAuthMethod } = client.half;
    // A public client proves nothing.
    if (tokenEndpointAuthMethod === 'none' && !(await anonymousRows.admits(address)))
      throw oauthErrors.busyQuota('the network, or all together, pushed too many requests');
    const request = requestOf(parameters, boundTo).and('client_id', clientId);
    return json(201, { request_uri: await pushed.keep(clientId, request), expires_in: pushedLifetime });
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
    .step(readObject(base, parts))
    .step(prepareReply(base))
    .step(checkResponse)
    .step(checkChallenge)
    .step(checkScope)
    .step(checkSignIn)
    .step(checkResources(urls.api))
    .step(checkKey)
    .step(keepRequest(pushedAt(base, parts), parts));
  return (request) => list.run({ server, request });
}
