import type { Answer } from '@alongside/kernel/answer';
import { Refusal } from '@alongside/kernel/errors';
import type { SigningKeys } from '@alongside/kernel/keys';
import { shownRegistered } from '@alongside/kernel/refusal-facts';
import { check, type Steps } from '@alongside/kernel/steps';
import { isScope, offlineAccess, scopeValues } from '../../../oauth/openid/claims.ts';
import { type Parameters, readResponseMode, readScope } from '../../../oauth/parameters.ts';
import { requestUriPrefix } from '../../../oauth/pushed-requests.ts';
import {
  addressOutside,
  checkBoundKey,
  checkPkce,
  checkResponseMode,
  checkResponseType,
  openRequestObject,
} from '../../../oauth/server/request-checks.ts';
import { acrValues } from '../../authenticators/registry.ts';
import { responseErrors } from '../../errors/response.ts';
import { rulesOf } from '../../model/profiles.ts';
import { type Reply, type ReplyFrame, replyTo } from '../../responses/authorization-response.ts';
import type { Cis2Server, ServerCall, WithRelyingParty } from '../server.ts';
import { type AuthorizationClaims, checkClaims, checkIdTokenHint } from './parameters.ts';

/** The issuer, as the checks of a request need it. */
export interface RequestIssuer {
  issuer: string;
  keys: SigningKeys;
  /** The classes of a request that names no known one. */
  defaultAcr: readonly string[];
}

/** The data of an authorization request before its checks. */
export interface RequestCall extends WithRelyingParty {
  server: Cis2Server;
  parameters: Parameters;
  reply: Pick<Reply, 'fail'>;
  provider: RequestIssuer;
}

/** Refuses by name the parameters that are not read for this client (OpenID Connect Core section 6). */
export function refuseRequestObjects({ parameters, reply }: RequestCall): Answer | undefined {
  if (parameters.has('request'))
    return reply.fail(responseErrors.requestObject('the request has a request object'));
  if (parameters.has('request_uri'))
    return reply.fail(responseErrors.requestUri('the request has a request_uri'));
  if (parameters.has('registration'))
    return reply.fail(responseErrors.registration('the request has registration'));
  return undefined;
}

/** Requires `openid`. Ignores unknown values, but refuses them to clients of the published service. */
export const checkScope = check(
  'scope',
  function checkScope({
    parameters,
    reply,
    client: { registration },
  }: RequestCall): Answer | { scope: string[] } {
    const text = parameters.get('scope');
    if (text === undefined) return reply.fail(responseErrors.scopeMissing('scope is missing'));
    const requested = readScope(text);
    if (!requested) return reply.fail(responseErrors.scopeMalformed(`scope is ${text.slice(0, 200)}`));
    if (!requested.includes('openid'))
      return reply.fail(responseErrors.scopeMissing(`scope is ${requested.join(' ')}`));
    const isKnown = (value: string) =>
      isScope(value) || (value === offlineAccess && registration.refreshTokens);
    const unknown = requested.filter((value) => !isKnown(value));
    if (unknown.length > 0 && registration.profile === 'nhs')
      return reply.fail(
        responseErrors.scopeUnknown(`${unknown.join(' ')} is unknown`).about({
          field: 'scope',
          headline: `Unknown scope ${unknown.join(' ').slice(0, 100)}`,
          received: requested.join(' ').slice(0, 200),
          expected: shownRegistered(unknown[0] ?? '', scopeValues),
        }),
      );
    return { scope: requested.filter(isKnown) };
  },
);

/** Values of `prompt` (OpenID Connect Core section 3.1.2.1). */
export const promptValues: readonly string[] = ['none', 'login', 'consent', 'select_account'];

export function checkPrompt({ parameters, reply }: RequestCall): Answer | { prompt: string[] } {
  const prompt = [...new Set((parameters.get('prompt') ?? '').split(' ').filter((value) => value !== ''))];
  const unknown = prompt.find((value) => !promptValues.includes(value));
  if (unknown !== undefined) return reply.fail(responseErrors.promptInvalid(`${unknown} is unknown`));
  if (prompt.includes('none') && prompt.length > 1)
    return reply.fail(responseErrors.promptInvalid('none is not the only value'));
  return { prompt };
}

export function checkMaxAge({ parameters, reply }: RequestCall): Answer | { maxAge: number | null } {
  const value = parameters.get('max_age');
  if (value === undefined) return { maxAge: null };
  if (!/^\d{1,12}$/.test(value)) return reply.fail(responseErrors.maxAgeInvalid(`max_age is ${value}`));
  return { maxAge: Number(value) };
}

/**
 * Returns the requested authentication context classes, in order. Ignores unknown ones and names them, but refuses an essential claim
 * of which none is known (OpenID Connect Core section 5.5.1.1).
 */
export const checkLevel = check(
  'level',
  function checkLevel({
    parameters,
    claims,
    reply,
    provider: { defaultAcr },
  }: RequestCall & { claims: AuthorizationClaims }): Answer | { acr: string[]; ignoredAcr: string[] } {
    const claimed = claims.acr.values;
    const plain = (parameters.get('acr_values') ?? '').split(' ');
    // The claims parameter is more precise, so it precedes acr_values.
    const asked = [...new Set(claimed.length > 0 ? claimed : plain)].filter((value) => value !== '');
    const acr = asked.filter((value) => acrValues.includes(value));
    const ignoredAcr = asked.filter((value) => !acrValues.includes(value));
    if (acr.length > 0) return { acr, ignoredAcr };
    if (claims.acr.essential && claimed.length > 0)
      return reply.fail(
        responseErrors.levelUnmet(`none of ${claimed.join(' ')} is known`).about({
          field: 'acr',
          headline: 'No requested level is known',
          received: claimed.join(' ').slice(0, 200),
          expected: shownRegistered(claimed[0] ?? '', acrValues),
        }),
      );
    return { acr: [...defaultAcr], ignoredAcr };
  },
);

/** The checks of an authorization request, for `/authorize` and `/par`. The order is the contract. */
export const requestChecks = <Start, Known extends RequestCall>(list: Steps<Start, Known>) =>
  list
    .step(refuseRequestObjects)
    .step(checkResponseType)
    .step(checkScope)
    .step(checkResponseMode)
    .step(checkPkce)
    .step(checkPrompt)
    .step(checkMaxAge)
    .step(checkClaims)
    .step(checkLevel)
    .step(checkIdTokenHint)
    .step(checkBoundKey);

/** A request before its parameters are known to be the client's. */
interface UnreadCall extends ServerCall, WithRelyingParty {
  readonly parameters: Parameters;
  readonly provider: ReplyFrame;
}

/**
 * Answers an error in a request that was not yet read: nothing in it can be trusted, so neither can its address. The error goes to
 * the address outside when the client registered that one; otherwise it is a page.
 */
function refuse({ server, request, parameters, client, provider }: UnreadCall, refusal: Refusal): Answer {
  const to = addressOutside(server, client, parameters);
  if (!to) throw new Refusal({ ...refusal.entry, status: 400, redirect: false }, refusal.detail);
  const responseMode = readResponseMode(rulesOf(client.registration), parameters);
  return replyTo(provider, { client, responseMode, ...to }, request).fail(refusal);
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
  async function resolveRequest(call: UnreadCall): Promise<Answer | RequestOrigin> {
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
