import type { Answer } from '@alongside/kernel/answer';
import { Refusal } from '@alongside/kernel/errors';
import { check } from '@alongside/kernel/steps';
import type { Parameters } from '../../../oauth/parameters.ts';
import { requestUriPrefix } from '../../../oauth/pushed-requests.ts';
import { isRegisteredRedirect } from '../../../oauth/server/request-checks.ts';
import { openRequestObject } from '../../../oauth/server/request-object.ts';
import { responseErrors } from '../../errors/response.ts';
import { rulesOf } from '../../model/profiles.ts';
import { type Reply, type ReplyFrame, replyTo } from '../../responses/authorization-response.ts';
import type { ServerCall, WithRelyingParty } from '../server.ts';

interface RequestCall extends ServerCall, WithRelyingParty {
  readonly parameters: Parameters;
  readonly provider: ReplyFrame;
}

/**
 * Answers an error in a request that was not yet read: nothing in it can be trusted, so neither can its address. The error goes to
 * the address outside when the client registered that one; otherwise it is a page.
 */
function refuse({ server, request, parameters, client, provider }: RequestCall, refusal: Refusal): Answer {
  const redirectUri = parameters.get('redirect_uri');
  if (redirectUri === undefined || !isRegisteredRedirect(server, client, redirectUri))
    throw new Refusal({ ...refusal.entry, status: 400, redirect: false }, refusal.detail);
  const state = parameters.get('state') ?? null;
  const responseMode = parameters.get('response_mode') === 'form_post' ? 'form_post' : 'query';
  return replyTo(provider, { client, redirectUri, responseMode, state }, request).fail(refusal);
}

/** The source of the parameters: a pushed request, a signed object, or the browser. */
export interface RequestOrigin {
  parameters: Parameters;
  /** The `request_uri` of a pushed request. */
  pushed: string | null;
  signed: boolean;
}

/**
 * Replaces the parameters of the browser by those that the client pushed or signed (RFC 9126 section 4, RFC 9101 section 6.3).
 * `client_id` is the same inside and outside.
 */
export const resolveRequest = check(
  'request-object',
  async function resolveRequest(call: RequestCall): Promise<Answer | RequestOrigin> {
    const { server, parameters, client } = call;
    const requestUri = parameters.get('request_uri');
    const mayPush = rulesOf(client.registration).pushedRequests !== 'off';
    if (mayPush && requestUri !== undefined && parameters.has('request'))
      return refuse(call, responseErrors.requestTwice('the request has both request and request_uri'));
    if (mayPush && requestUri?.startsWith(requestUriPrefix)) {
      const { clientId } = client.registration;
      const found = await server.pushed.find(requestUri, clientId);
      // It was checked, and its object opened, when it was pushed.
      if (found) return { parameters: found, pushed: requestUri, signed: true };
      return refuse(
        call,
        responseErrors.requestUriInvalid(`${clientId} has pushed no such request, or used it`),
      );
    }
    try {
      const inside = await openRequestObject(server, client, parameters);
      return { parameters: inside ?? parameters, pushed: null, signed: inside !== undefined };
    } catch (thrown) {
      if (thrown instanceof Refusal && thrown.entry.redirect) return refuse(call, thrown);
      throw thrown;
    }
  },
);

/** Refuses an unsigned request of a client that must sign its requests (RFC 9101 section 10.5). */
export const requireSigned = check(
  'signed-request',
  function requireSigned({
    client: { registration },
    reply,
    signed,
  }: WithRelyingParty & { reply: Pick<Reply, 'fail'>; signed: boolean }): Answer | undefined {
    const mustSign =
      registration.signedRequests === 'required' && rulesOf(registration).requestObjects !== 'off';
    return mustSign && !signed
      ? reply.fail(responseErrors.requestNotSigned('it is not a request object'))
      : undefined;
  },
);
