import type { Answer } from '@alongside/kernel/answer';
import type { Clock } from '@alongside/kernel/clock';
import { Refusal } from '@alongside/kernel/errors';
import type { HttpRequest } from '@alongside/kernel/http';
import { decodeJwt } from '@alongside/kernel/jws';
import type { Parameters } from '../../../oauth/parameters.ts';
import { type PushedRequests, requestUriPrefix } from '../../../oauth/pushed-requests.ts';
import type { RemoteKeys } from '../../../oauth/remote-keys.ts';
import { readRequestObject } from '../../../oauth/request-object.ts';
import { responseErrors } from '../../errors/response.ts';
import { mustPush, mustSign, requestAlgorithms, rulesOf } from '../../model/profiles.ts';
import type { RelyingParty } from '../../model/relying-party.ts';
import { type Reply, type ReplyFrame, replyTo } from '../../responses/reply.ts';
import { checkLengths } from './parameters.ts';
import { isRegisteredRedirect } from './redirect-uri.ts';

interface Asked {
  request: HttpRequest;
  parameters: Parameters;
  party: RelyingParty;
}

/** What request objects are read with. */
export interface ObjectParts {
  issuer: string;
  clock: Clock;
  clientKeys: RemoteKeys;
}

/** The parameters inside a request object that came by value; undefined when none came. Throws `requestObjectInvalid`. */
export async function openRequestObject(
  parts: ObjectParts,
  { parameters, party: { client } }: Omit<Asked, 'request'>,
): Promise<Parameters | undefined> {
  const text = parameters.get('request');
  if (text === undefined || !rulesOf(client).extended) return undefined;
  const { clientId } = client;
  const rules = { clientId, issuer: parts.issuer, algorithms: requestAlgorithms(client) };
  const result = await readRequestObject(text, rules, client, parts);
  if ('fault' in result) throw responseErrors.requestObjectInvalid(result.fault);
  // FAPI 2.0 Message Signing section 5.3.1.
  if (rulesOf(client).strict && decodeJwt(text)?.claims.nbf === undefined)
    throw responseErrors.requestObjectInvalid('nbf is missing');
  checkLengths(result.parameters);
  return result.parameters;
}

/**
 * What stands inside cannot be believed, so neither can its address: the refusal goes to the address outside when the client
 * registered that one, else it is a page.
 */
function refuse(frame: ReplyFrame, { request, parameters, party }: Asked, refusal: Refusal): Answer {
  const redirectUri = parameters.get('redirect_uri');
  if (redirectUri === undefined || !isRegisteredRedirect(party.client, redirectUri))
    throw new Refusal({ ...refusal.entry, status: 400, redirect: false }, refusal.detail);
  const state = parameters.get('state') ?? null;
  const responseMode = parameters.get('response_mode') === 'form_post' ? 'form_post' : 'query';
  return replyTo(frame, { party, redirectUri, responseMode, state }, request).fail(refusal);
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
export const resolveRequest = (parts: ReplyFrame & ObjectParts & { pushed: PushedRequests }) =>
  async function resolveRequest(asked: Asked): Promise<Answer | RequestOrigin> {
    const { parameters, party } = asked;
    const requestUri = parameters.get('request_uri');
    if (rulesOf(party.client).extended && requestUri !== undefined && parameters.has('request'))
      return refuse(parts, asked, responseErrors.requestTwice('request and request_uri came together'));
    if (rulesOf(party.client).extended && requestUri?.startsWith(requestUriPrefix)) {
      const found = await parts.pushed.find(requestUri, party.client.clientId);
      // It was checked, and its object opened, when it was pushed.
      if (found) return { parameters: found, pushed: requestUri, signed: true };
      const detail = `no request of ${party.client.clientId} waits under it`;
      return refuse(parts, asked, responseErrors.requestUriInvalid(detail));
    }
    try {
      const inside = await openRequestObject(parts, asked);
      return { parameters: inside ?? parameters, pushed: null, signed: inside !== undefined };
    } catch (thrown) {
      if (thrown instanceof Refusal && thrown.entry.redirect) return refuse(parts, asked, thrown);
      throw thrown;
    }
  };

/** Some clients must push what they ask for, some must sign it. */
export async function checkOrigin({
  party: { client },
  reply,
  pushed,
  signed,
}: Asked & RequestOrigin & { reply: Reply }): Promise<Answer | undefined> {
  if (mustPush(client) && pushed === null)
    return reply.fail(responseErrors.requestNotPushed('the request came by the browser'));
  if (mustSign(client) && !signed)
    return reply.fail(responseErrors.requestNotSigned('it is no request object'));
  return undefined;
}
