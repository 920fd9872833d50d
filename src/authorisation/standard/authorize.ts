import { type Answer, redirect } from '@alongside/kernel/answer';
import type { Refusal } from '@alongside/kernel/errors';
import type { HttpRequest } from '@alongside/kernel/http';
import { steps } from '@alongside/kernel/steps';
import type { Applications } from '../../oauth/applications.ts';
import type { Parameters } from '../../oauth/parameters.ts';
import { type PushedRequests, requestUriPrefix } from '../../oauth/pushed-requests.ts';
import { readForm } from '../../oauth/server/form.ts';
import {
  findClient,
  limitUnproven,
  readProducts,
  refuseOverLimit,
  requireActiveDeveloper,
  requireApproval,
  requireSubscription,
  type WithClient,
} from '../application/client.ts';
import type { Base } from '../base.ts';
import type { Parts } from '../parts.ts';
import { departureFrom } from '../to-provider.ts';
import { errors } from './errors.ts';
import { type Incoming, readQuery } from './incoming.ts';
import { orElse } from './or-else.ts';
import { rulesOf } from './profile.ts';
import { pushedAt } from './pushed.ts';
import {
  type Asked,
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

interface WithPushed {
  requestUri: string | null;
}

/** A pushed request takes the place of all that the browser brought beside it (RFC 9126 section 4). */
export const readPushed = (pushed: PushedRequests) =>
  async function readPushed({ parameters }: Incoming): Promise<WithPushed & { parameters: Parameters }> {
    const requestUri = parameters.get('request_uri');
    if (!requestUri?.startsWith(requestUriPrefix)) return { requestUri: null, parameters };
    const clientId = parameters.get('client_id');
    if (clientId === undefined) throw errors.clientMissing('client_id is missing');
    const found = await pushed.find(requestUri, clientId);
    if (!found) throw errors.requestUriInvalid(`no request that ${clientId} may use waits under it`);
    return { requestUri, parameters: found };
  };

export const identify = (applications: Applications, base: Base) =>
  async function identify({ parameters }: Incoming): Promise<WithClient> {
    const clientId = parameters.get('client_id');
    if (clientId === undefined) throw errors.clientMissing('client_id is missing');
    const client = await findClient(applications, base, clientId);
    if (!client) throw errors.clientUnknown(`no application at ${base.path} has the client id ${clientId}`);
    return { client };
  };

const prepareReply = ({ diagnosis }: Pick<Parts, 'diagnosis'>, base: Base) =>
  async function prepareReply({ request, parameters, client }: Incoming & WithClient): Promise<WithReply> {
    const redirectUri = redirectUriOf(base, { request, parameters, client });
    const to = { redirectUri, state: parameters.get('state') ?? null, issuer: base.issuer };
    return { redirectUri, fail: (refusal) => diagnosis.redirect(refusal, request, to) };
  };

/** A client of the strict profile brings nothing by the browser that it did not push before (FAPI 2.0 section 5.3.2.2). */
export async function requirePushed({
  client,
  requestUri,
  fail,
}: WithClient & WithPushed & WithReply): Promise<Answer | undefined> {
  return rulesOf(client.registration).pushed && requestUri === null
    ? fail(errors.notPushed(`${client.application.name} is of the profile ${client.registration.profile}`))
    : undefined;
}

const refuseClient = ({ fail }: WithReply, { detail }: Refusal): Promise<Answer> =>
  fail(errors.clientRefused(detail));

type Ready = Asked &
  WithClient &
  WithPushed & {
    challenge: string;
    asked: string[] | null;
    resources: string[];
    jkt: string | null;
    prompt?: string;
    maxAge: string;
    acrValues: string;
  };

const sendToProvider = (base: Base, depart: ReturnType<typeof departureFrom>) =>
  async function sendToProvider(known: Ready): Promise<Answer> {
    const { request, parameters, client, redirectUri, challenge, asked, resources, jkt, requestUri } = known;
    const { prompt, maxAge, acrValues } = known;
    const state = parameters.get('state') ?? null;
    return depart({
      client,
      address: request.address,
      upstream: base.upstreams[0],
      request: { redirectUri, state, challenge, asked, resources, jkt, requestUri },
      acrValues,
      maxAge,
      prompt,
    });
  };

/** The checks of an authorization request (RFC 6749 section 4.1.1, RFC 7636). */
export function authorizeChecks(server: StandardServer, base: Base, parts: Parts) {
  const { applications, products, developers, limiter, urls } = parts;
  return steps<{ request: HttpRequest }>()
    .step(readQuery)
    .step(readPushed(pushedAt(base, parts)))
    .step(identify(applications, base))
    .step(readObject(server))
    .step(prepareReply(parts, base))
    .step(requirePushed)
    .step(orElse(requireApproval, refuseClient))
    .step(readProducts(products))
    .step(orElse(requireSubscription(base), refuseClient))
    .step(orElse(requireActiveDeveloper(developers), refuseClient))
    .step(refuseOverLimit(limiter, base))
    .step(limitUnproven(parts))
    .step(checkResponse)
    .step(checkChallenge)
    .step(checkScope)
    .step(checkSignIn)
    .step(checkResources(urls.api))
    .step(checkKey);
}

/** `GET /authorize` of the standard profile (RFC 9207). */
export function createAuthorize(
  server: StandardServer,
  base: Base,
  parts: Parts,
): (request: HttpRequest) => Promise<Answer> {
  const list = authorizeChecks(server, base, parts).step(sendToProvider(base, departureFrom(base, parts)));
  return (request) => list.run({ request });
}

/** `POST /authorize` enters again by GET, with the cookies that a form of another site does not bring. */
export function createAuthorizeByPost(server: StandardServer): (request: HttpRequest) => Promise<Answer> {
  const list = steps<ServerCall>()
    .step(readForm)
    .step(async function reenterByGet({ parameters }: Incoming): Promise<Answer> {
      return redirect(`${server.issuer}/authorize?${new URLSearchParams(parameters.entries())}`, 303);
    });
  return (request) => list.run({ server, request });
}
