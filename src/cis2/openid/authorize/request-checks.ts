import type { Answer } from '@alongside/kernel/answer';
import type { SigningKeys } from '@alongside/kernel/keys';
import { shownRegistered } from '@alongside/kernel/refusal-facts';
import { check, type Steps } from '@alongside/kernel/steps';
import { type Parameters, readScope } from '../../../oauth/parameters.ts';
import {
  checkBoundKey,
  checkPkce,
  checkResponseMode,
  checkResponseType,
} from '../../../oauth/server/request-checks.ts';
import { acrValues } from '../../authenticators/registry.ts';
import { responseErrors } from '../../errors/response.ts';
import { isScope, scopeValues } from '../../model/scopes.ts';
import type { Reply } from '../../responses/authorization-response.ts';
import type { Cis2Server, WithRelyingParty } from '../server.ts';
import { offlineAccess } from '../token/issuer.ts';
import { type AuthorizationClaims, checkClaims } from './claims-parameter.ts';
import { checkIdTokenHint } from './hints.ts';

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
          came: requested.join(' ').slice(0, 200),
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
 * Returns the requested authentication context classes, in order. Ignores unknown ones, but refuses an essential claim
 * of which none is known (OpenID Connect Core section 5.5.1.1).
 */
export const checkLevel = check(
  'level',
  function checkLevel({
    parameters,
    claims,
    reply,
    provider: { defaultAcr },
  }: RequestCall & { claims: AuthorizationClaims }): Answer | { acr: string[] } {
    const claimed = claims.acr.values;
    const plain = (parameters.get('acr_values') ?? '').split(' ');
    // The claims parameter is more precise, so it precedes acr_values.
    const acr = [
      ...new Set((claimed.length > 0 ? claimed : plain).filter((value) => acrValues.includes(value))),
    ];
    if (acr.length > 0) return { acr };
    if (claims.acr.essential && claimed.length > 0)
      return reply.fail(
        responseErrors.levelUnmet(`none of ${claimed.join(' ')} is known`).about({
          field: 'acr',
          headline: 'No requested level is known',
          came: claimed.join(' ').slice(0, 200),
          expected: shownRegistered(claimed[0] ?? '', acrValues),
        }),
      );
    return { acr: [...defaultAcr] };
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
