import type { Answer } from '@alongside/kernel/answer';
import { Refusal } from '@alongside/kernel/errors';
import type { HttpRequest } from '@alongside/kernel/http';
import type { Parameters } from '../../../oauth/parameters.ts';
import { type PushedRequests, requestUriPrefix } from '../../../oauth/pushed-requests.ts';
import { openRequestObject } from '../../../oauth/server/request-object.ts';
import { responseErrors } from '../../errors/response.ts';
import { mustPush, mustSign, rulesOf } from '../../model/profiles.ts';
import type { RelyingParty } from '../../model/relying-party.ts';
import { type Reply, type ReplyFrame, replyTo } from '../../responses/reply.ts';
import type { Cis2Server } from '../server.ts';
import { isRegisteredRedirect } from './client.ts';

interface Asked {
  request: HttpRequest;
  parameters: Parameters;
  client: RelyingParty;
}

/**
 * What stands inside cannot be believed, so neither can its address: the refusal goes to the address outside when the client
 * registered that one, else it is a page.
 */
function refuse(frame: ReplyFrame, { request, parameters, client }: Asked, refusal: Refusal): Answer {
  const redirectUri = parameters.get('redirect_uri');
  if (redirectUri === undefined || !isRegisteredRedirect(client.registration, redirectUri))
    throw new Refusal({ ...refusal.entry, status: 400, redirect: false }, refusal.detail);
  const state = parameters.get('state') ?? null;
  const responseMode = parameters.get('response_mode') === 'form_post' ? 'form_post' : 'query';
  return replyTo(frame, { client, redirectUri, responseMode, state }, request).fail(refusal);
}

/** Where the parameters come from: a pushed request, a signed object, or the browser. */
export interface RequestOrigin {
  parameters: Parameters;
  /** The `request_uri` of a pushed request. */
  pushed: string | null;
  signed: boolean;
}

/**
 * What the client pushed or signed takes the place of all that the browser brought beside it (RFC 9126 section 4,
 * RFC 9101 section 6.3). `client_id` is the same inside and outside.
 */
export async function resolveRequest(
  asked: Asked & { provider: ReplyFrame & { server: Cis2Server; pushed: PushedRequests } },
): Promise<Answer | RequestOrigin> {
  const { parameters, client, provider } = asked;
  const requestUri = parameters.get('request_uri');
  if (rulesOf(client.registration).extended && requestUri !== undefined && parameters.has('request'))
    return refuse(provider, asked, responseErrors.requestTwice('request and request_uri came together'));
  if (rulesOf(client.registration).extended && requestUri?.startsWith(requestUriPrefix)) {
    const found = await provider.pushed.find(requestUri, client.registration.clientId);
    // It was checked, and its object opened, when it was pushed.
    if (found) return { parameters: found, pushed: requestUri, signed: true };
    const detail = `no request of ${client.registration.clientId} waits under it`;
    return refuse(provider, asked, responseErrors.requestUriInvalid(detail));
  }
  try {
    const inside = await openRequestObject(provider.server, client, parameters);
    return { parameters: inside ?? parameters, pushed: null, signed: inside !== undefined };
  } catch (thrown) {
    if (thrown instanceof Refusal && thrown.entry.redirect) return refuse(provider, asked, thrown);
    throw thrown;
  }
}

/** Some clients must push what they ask for, some must sign it. */
export async function checkOrigin({
  client: { registration },
  reply,
  pushed,
  signed,
}: Asked & RequestOrigin & { reply: Reply }): Promise<Answer | undefined> {
  if (mustPush(registration) && pushed === null)
    return reply.fail(responseErrors.requestNotPushed('the request came by the browser'));
  if (mustSign(registration) && !signed)
    return reply.fail(responseErrors.requestNotSigned('it is no request object'));
  return undefined;
}
