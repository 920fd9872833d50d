import type { Answer } from '@alongside/kernel/answer';
import type { SigningKeys } from '@alongside/kernel/keys';
import type { Steps } from '@alongside/kernel/steps';
import type { Parameters } from '../../../oauth/parameters.ts';
import { isChallenge } from '../../../oauth/pkce.ts';
import { acrValues } from '../../authenticators/registry.ts';
import { responseErrors } from '../../errors/response.ts';
import { rulesOf } from '../../model/profiles.ts';
import type { RelyingParty } from '../../model/relying-party.ts';
import { isScope, readScope } from '../../model/scopes.ts';
import type { Reply } from '../../responses/reply.ts';
import { offlineAccess } from '../token/refreshing.ts';
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
interface RequestContext {
  parameters: Parameters;
  reply: Reply;
  client: RelyingParty;
  provider: RequestIssuer;
}

/** Refuses by name the parameters that are not read for this client (OpenID Connect Core section 6). */
async function refuseRequestObjects({ parameters, reply }: RequestContext): Promise<Answer | undefined> {
  if (parameters.has('request')) return reply.fail(responseErrors.requestObject());
  if (parameters.has('request_uri')) return reply.fail(responseErrors.requestUri());
  if (parameters.has('registration')) return reply.fail(responseErrors.registration());
  return undefined;
}

async function checkResponseType({ parameters, reply }: RequestContext): Promise<Answer | undefined> {
  const type = parameters.get('response_type');
  if (type === undefined) return reply.fail(responseErrors.responseTypeMissing());
  if (type !== 'code')
    return reply.fail(responseErrors.responseTypeUnsupported(`${type} came, code was expected`));
  return undefined;
}

async function checkScope({
  parameters,
  reply,
  client,
}: RequestContext): Promise<Answer | { scope: string[] }> {
  const asked = readScope(parameters.get('scope') ?? '');
  if (parameters.get('scope') === undefined)
    return reply.fail(responseErrors.scopeMissing('scope is missing'));
  if (!asked) return reply.fail(responseErrors.scopeMalformed());
  if (!asked.includes('openid'))
    return reply.fail(responseErrors.scopeMissing(`the scope is ${asked.join(' ')}`));
  const isKnown = (value: string) =>
    isScope(value) || (value === offlineAccess && client.registration.refreshTokens);
  const unknown = asked.filter((value) => !isKnown(value));
  if (unknown.length > 0 && client.registration.profile === 'nhs')
    return reply.fail(responseErrors.scopeUnknown(`${unknown.join(' ')} is not known`));
  return { scope: asked.filter(isKnown) };
}

async function checkResponseMode({ parameters, reply }: RequestContext): Promise<Answer | undefined> {
  const mode = parameters.get('response_mode') ?? 'query';
  if (mode !== 'query' && mode !== 'form_post')
    return reply.fail(responseErrors.responseModeUnsupported(`${mode} came`));
  return undefined;
}

/** PKCE: as the client registered, S256 only, and enforced later if a challenge was sent (RFC 7636, RFC 9700 section 2.1.1). */
async function checkProofKey({
  parameters,
  reply,
  client,
}: RequestContext): Promise<Answer | { challenge: string | null }> {
  const challenge = parameters.get('code_challenge');
  const method = parameters.get('code_challenge_method');
  if (challenge === undefined) {
    if (method !== undefined)
      return reply.fail(responseErrors.challengeInvalid('a method came without a challenge'));
    const { pkce, profile, tokenEndpointAuthMethod } = client.registration;
    const required = pkce === 'required' || profile === 'fapi2' || tokenEndpointAuthMethod === 'none';
    return required ? reply.fail(responseErrors.challengeMissing()) : { challenge: null };
  }
  // A missing method means plain (RFC 7636 section 4.3).
  if (method !== 'S256')
    return reply.fail(
      responseErrors.challengeInvalid(`the method is ${method ?? 'missing'}, S256 was expected`),
    );
  if (!isChallenge(challenge))
    return reply.fail(responseErrors.challengeInvalid('it is not 43 characters of base64url'));
  return { challenge };
}

/** Values of `prompt` (OpenID Connect Core section 3.1.2.1). */
export const promptValues: readonly string[] = ['none', 'login', 'consent', 'select_account'];

async function checkPrompt({ parameters, reply }: RequestContext): Promise<Answer | { prompt: string[] }> {
  const prompt = [...new Set((parameters.get('prompt') ?? '').split(' ').filter((value) => value !== ''))];
  const unknown = prompt.find((value) => !promptValues.includes(value));
  if (unknown !== undefined) return reply.fail(responseErrors.promptInvalid(`${unknown} is not known`));
  if (prompt.includes('none') && prompt.length > 1)
    return reply.fail(responseErrors.promptInvalid('none came with another value'));
  return { prompt };
}

async function checkMaxAge({
  parameters,
  reply,
}: RequestContext): Promise<Answer | { maxAge: number | null }> {
  const value = parameters.get('max_age');
  if (value === undefined) return { maxAge: null };
  if (!/^\d{1,12}$/.test(value)) return reply.fail(responseErrors.maxAgeInvalid(`${value} came`));
  return { maxAge: Number(value) };
}

/**
 * Returns the requested authentication context classes, in order. Ignores unknown ones, but refuses an essential claim
 * of which none is known (OpenID Connect Core section 5.5.1.1).
 */
async function checkLevel({
  parameters,
  claims,
  reply,
  provider: { defaultAcr },
}: RequestContext & { claims: AuthorizationClaims }): Promise<Answer | { acr: string[] }> {
  const claimed = claims.acr.values;
  const plain = (parameters.get('acr_values') ?? '').split(' ');
  // The claims parameter is more precise, so it precedes acr_values.
  const asked = [
    ...new Set((claimed.length > 0 ? claimed : plain).filter((value) => acrValues.includes(value))),
  ];
  if (asked.length > 0) return { acr: asked };
  if (claims.acr.essential && claimed.length > 0)
    return reply.fail(responseErrors.levelUnmet(`none of ${claimed.join(' ')} is known`));
  return { acr: [...defaultAcr] };
}

const thumbprintForm = /^[A-Za-z0-9_-]{43}$/;

/** The key that must redeem the code: `dpop_jkt`, or that of the proof that came along with a pushed request (RFC 9449 section 10). */
async function checkBoundKey({
  parameters,
  client,
  reply,
  jkt: proven = null,
}: RequestContext & { jkt?: string | null }): Promise<Answer | { jkt: string | null }> {
  const named = rulesOf(client.registration).extended ? parameters.get('dpop_jkt') : undefined;
  if (named === undefined) return { jkt: proven };
  const fits = thumbprintForm.test(named) && (proven === null || proven === named);
  return fits
    ? { jkt: named }
    : reply.fail(responseErrors.keyInvalid(`dpop_jkt is ${named}, proven is ${proven ?? 'none'}`));
}

/** The checks of an authorization request, for `/authorize` and `/par`. The order is the contract. */
export const requestChecks = <Start, Known extends RequestContext>(list: Steps<Start, Known>) =>
  list
    .step(refuseRequestObjects)
    .step(checkResponseType)
    .step(checkScope)
    .step(checkResponseMode)
    .step(checkProofKey)
    .step(checkPrompt)
    .step(checkMaxAge)
    .step(checkClaims)
    .step(checkLevel)
    .step(checkIdTokenHint)
    .step(checkBoundKey);
