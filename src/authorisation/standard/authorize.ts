import { type Answer, noContent, redirect } from '@alongside/kernel/answer';
import { Refusal } from '@alongside/kernel/errors';
import { check, type Passed, steps } from '@alongside/kernel/steps';
import type { Parameters } from '../../oauth/parameters.ts';
import { type ResponseMode, readResponseMode } from '../../oauth/parameters.ts';
import { requestUriPrefix } from '../../oauth/pushed-requests.ts';
import { publicListener } from '../../oauth/registered-addresses.ts';
import { authenticateClient, readForm } from '../../oauth/server/client-authentication/authenticate.ts';
import {
  addressOutside,
  type CheckedRequest,
  checkRedirectUri,
  keepRequest,
  openObject,
  refusePushed,
  requirePushed,
  requireSigned,
} from '../../oauth/server/request-checks.ts';
import { proveKey } from '../../oauth/server/sender-constraint.ts';
import {
  limitRate,
  limitUnproven,
  refuseOverLimit,
  requireClient,
  type WithClient,
} from '../application/client.ts';
import { redirectToProvider } from '../to-provider.ts';
import { applicationChecks, type CheckedApplication, commitConditions, notAllowed } from './client-checks.ts';
import { errors } from './errors.ts';
import { type Incoming, readQuery } from './incoming.ts';
import { offered } from './profile.ts';
import { type RequestCall, refuseForeignRequestUri, requestChecks } from './request-checks.ts';
import type { ServerCall } from './server.ts';

interface WithMode {
  mode: ResponseMode;
}
interface WithPushed {
  /** The `request_uri` of a pushed request. */
  pushed: string | null;
}

/** Throws an error in a request that was not yet read, or sends it to the client where that is safe. */
async function refuse(
  { server, request, client, parameters }: ServerCall & WithClient & Incoming,
  refusal: Refusal,
): Promise<Answer> {
  const to = addressOutside(server, client, parameters);
  if (!to) throw refusal;
  const mode = readResponseMode(offered, parameters);
  const { issuer } = server;
  return server.parts.diagnosis.redirect(refusal, request, { ...to, mode, issuer }, server);
}

/** Replaces the parameters of the browser by those of a pushed request (RFC 9126 section 4). */
export async function readPushed(
  call: ServerCall & WithClient & Incoming,
): Promise<Answer | (WithPushed & { parameters: Parameters })> {
  const { server, client, parameters } = call;
  const requestUri = parameters.get('request_uri');
  if (!requestUri?.startsWith(requestUriPrefix)) return { pushed: null, parameters };
  const { clientId } = client.registration;
  const found = await server.pushed.find(requestUri, clientId);
  if (found) return { pushed: requestUri, parameters: found };
  return refuse(call, errors.requestUriInvalid(`${clientId} has pushed no such request, or used it`));
}

/** Reads the request object. That of a pushed request was opened when it was pushed. */
const openOwnObject = check(
  'request-object',
  async function openOwnObject(call: ServerCall & WithClient & Incoming & WithPushed) {
    if (call.pushed !== null) return { signed: true };
    try {
      return await openObject(call);
    } catch (thrown) {
      if (thrown instanceof Refusal && thrown.entry.redirect) return refuse(call, thrown);
      throw thrown;
    }
  },
);

export const identify = check(
  'client',
  function identify({
    server,
    parameters,
    request,
  }: ServerCall & Incoming): WithClient | Promise<WithClient> {
    const clientId = parameters.get('client_id');
    if (clientId === undefined) throw errors.clientMissing('client_id is missing');
    return requireClient(server, clientId, errors.clientUnknown, request);
  },
);

/** Sends errors to the client as a redirect from now on. */
async function prepareReply({
  server,
  request,
  parameters,
  redirectUri,
}: ServerCall & Incoming & { redirectUri: string }): Promise<Pick<RequestCall, 'reply'> & WithMode> {
  const mode = readResponseMode(offered, parameters);
  const to = { redirectUri, state: parameters.get('state') ?? null, mode, issuer: server.issuer };
  const { diagnosis } = server.parts;
  return { mode, reply: { fail: (refusal) => diagnosis.redirect(refusal, request, to, server) } };
}

const refuseClient = async ({ reply }: RequestCall, refusal: Refusal): Promise<Answer> =>
  reply.fail(refusal.as(errors.clientRefused));

type CheckedCall = RequestCall &
  WithMode &
  WithClient &
  WithPushed &
  CheckedRequest &
  CheckedApplication &
  Passed<'pushed-request' | 'resources'> & {
    redirectUri: string;
    challenge: string | null;
    asked: string[] | null;
    openId: readonly string[];
    resources: string[];
    jkt: string | null;
    prompt?: string;
    maxAge: string;
    acrValues: string;
  };

/**
 * Makes a provider elsewhere ask the user for a client that any local user may be, because its session would answer silently
 * (RFC 8252 section 8.6). CIS2 of this installation asks by itself (docs/adr/0086).
 */
const askAtForeignProvider = check(
  'confirmation',
  async function askAtForeignProvider({ server, client, redirectUri, prompt = '', reply }: CheckedCall) {
    const [upstream] = server.base.upstreams;
    const { tokenEndpointAuthMethod } = client.registration;
    if (upstream.isOwn || publicListener(tokenEndpointAuthMethod, redirectUri) === undefined)
      return undefined;
    if (prompt === 'none')
      return reply.fail(errors.interactionRequired('the client has no secret and listens on this machine'));
    const asked = new Set(prompt.split(' ').filter((value) => value !== ''));
    return { prompt: [...asked.add('login')].join(' ') };
  },
);

async function sendToProvider(known: CheckedCall & Passed<'confirmation'>): Promise<Answer> {
  const { server, request, parameters, client, redirectUri, challenge, asked, resources, jkt, pushed } =
    known;
  const { openId, prompt, maxAge, acrValues, mode } = known;
  const state = parameters.get('state') ?? null;
  const nonce = parameters.get('nonce') ?? null;
  return redirectToProvider(server, {
    client,
    address: request.address,
    upstream: server.base.upstreams[0],
    request: {
      redirectUri,
      state,
      mode,
      challenge,
      asked,
      ...(openId.length > 0 ? { openId: { scopes: openId, nonce } } : {}),
      resources,
      jkt,
      requestUri: pushed,
    },
    scopes: openId,
    acrValues,
    maxAge,
    prompt,
  });
}

/** The checks of an authorization request (RFC 6749 section 4.1.1, RFC 7636). */
export const authorizeChecks = steps<ServerCall>('oauth2.1.authorize')
  .step(readQuery)
  .step(identify)
  .step(readPushed)
  .step(openOwnObject)
  .step(refuseForeignRequestUri)
  .step(checkRedirectUri)
  .step(prepareReply)
  .step(requirePushed)
  .step(requireSigned)
  .use(applicationChecks(refuseClient))
  .step(check('rate-limit', refuseOverLimit))
  .step(check('network-limit', limitUnproven))
  .use(requestChecks);

/** `GET /authorize` of the standard profile (RFC 9207). */
export const authorize = authorizeChecks.step(askAtForeignProvider).step(sendToProvider);

/** `HEAD /authorize`: returns the refusal that a browser would get, and begins nothing. */
export const tryAuthorize = authorizeChecks.step(noContent);

async function reenterByGet({ server, parameters }: ServerCall & Incoming): Promise<Answer> {
  return redirect(`${server.issuer}/authorize?${new URLSearchParams(parameters.entries())}`, 303);
}

/** `POST /authorize` enters again by GET, with the cookies that the browser does not send with a form of another site. */
export const authorizeByPost = steps<ServerCall>('oauth2.1.authorize-by-post')
  .step(readForm)
  .step(reenterByGet);

/** Answers errors at once, as JSON, and refuses a request that names another (RFC 9126 sections 2.1 and 2.3). */
async function preparePushedReply({ parameters }: Incoming): Promise<Pick<RequestCall, 'reply'>> {
  if (parameters.has('request_uri')) throw errors.requestMalformed('request_uri cannot be pushed');
  return { reply: { fail: refusePushed } };
}

/** `POST /par` (RFC 9126): authenticates the client and checks its request before any browser is involved. */
export const pushRequest = steps<ServerCall>('oauth2.1.par')
  .step(readForm)
  .step(authenticateClient)
  .use(applicationChecks(notAllowed))
  .step(check('rate-limit', limitRate))
  .step(commitConditions)
  .step(proveKey('pushed'))
  .step(preparePushedReply)
  .step(openObject)
  .step(requireSigned)
  .step(checkRedirectUri)
  .use(requestChecks)
  .step(keepRequest);
