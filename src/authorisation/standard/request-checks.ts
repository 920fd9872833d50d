import type { Answer } from '@alongside/kernel/answer';
import type { Refusal } from '@alongside/kernel/errors';
import type { Parameters } from '../../oauth/parameters.ts';
import { isChallenge } from '../../oauth/pkce.ts';
import { scopesOf } from '../../oauth/products.ts';
import { openRequestObject } from '../../oauth/server/request-object.ts';
import type { WithClient, WithProducts } from '../application/client.ts';
import type { Base } from '../base.ts';
import { isCallback } from '../redirects.ts';
import { errors } from './errors.ts';
import { type Incoming, readScope } from './incoming.ts';
import { readResources } from './resources.ts';
import type { StandardServer } from './server.ts';

// The checks of an authorization request, whether a browser brings it or its client pushes it.

/** How an error reaches the client, once the client and its address are known. */
export interface WithReply {
  redirectUri: string;
  fail(refusal: Refusal): Promise<Answer>;
}
export type Asked = Incoming & WithReply;

/** Replaces the request by the request object in it. By reference none is fetched. */
export const readObject = (server: StandardServer) =>
  async function readObject({
    parameters,
    client,
  }: Incoming & WithClient): Promise<{ parameters: Parameters } | undefined> {
    const inside = await openRequestObject(server, client, parameters);
    return inside && { parameters: inside };
  };

/** The address that the answer goes to; nothing is sent to one that is not registered. */
export function redirectUriOf(base: Base, { parameters, client }: Incoming & WithClient): string {
  const redirectUri = parameters.get('redirect_uri');
  if (redirectUri === undefined && parameters.has('request_uri'))
    throw errors.requestUriInvalid(`${parameters.get('request_uri')} is none that /par of this server gives`);
  if (redirectUri === undefined) throw errors.redirectMissing('redirect_uri is missing');
  if (!isCallback(base, client.registration, redirectUri))
    throw errors.redirectUnknown(
      `${redirectUri} came, registered are: ${client.registration.callbackUrls.join(' ')}`,
    );
  return redirectUri;
}

export async function checkResponse({ parameters, fail }: Asked): Promise<Answer | undefined> {
  const type = parameters.get('response_type');
  const mode = parameters.get('response_mode') ?? 'query';
  if (parameters.has('request_uri')) return fail(errors.requestUri());
  if (type === undefined) return fail(errors.responseTypeMissing());
  if (type !== 'code') return fail(errors.responseTypeUnsupported(`${type} came`));
  return mode === 'query' ? undefined : fail(errors.responseModeUnsupported(`${mode} came`));
}

/** For every client: without a proof key a stolen code is as good as a token (RFC 9700 section 2.1.1). */
export async function checkChallenge({ parameters, fail }: Asked): Promise<Answer | { challenge: string }> {
  const challenge = parameters.get('code_challenge');
  const method = parameters.get('code_challenge_method');
  if (challenge === undefined) return fail(errors.challengeMissing('code_challenge is missing'));
  if (method !== 'S256' || !isChallenge(challenge))
    return fail(errors.challengeInvalid(`the method is ${method ?? 'plain'}`));
  return { challenge };
}

/** What is asked for and what the application's products have, at whatever level; null asks for all that the level will give. */
export async function checkScope({
  parameters,
  products,
  fail,
}: Asked & WithProducts): Promise<Answer | { asked: string[] | null }> {
  const text = parameters.get('scope');
  if (text === undefined) return { asked: null };
  const asked = readScope(text);
  if (!asked) return fail(errors.scopeMalformed());
  const known = scopesOf(products);
  if (!asked.some((scope) => known.includes(scope))) return fail(errors.scopeEmpty(`${text} was asked for`));
  return { asked };
}

const prompts = ['none', 'login', 'consent', 'select_account'];
/** `none` stands alone (OpenID Connect Core section 3.1.2.1). */
const isPrompt = (values: readonly string[]): boolean =>
  values.every((value) => prompts.includes(value)) && (values.length === 1 || !values.includes('none'));
/** Seconds, where the client names none. */
const usualMaxAge = '300';
const usualAcr = 'AAL3_ANY';

export async function checkSignIn({
  parameters,
  fail,
}: Asked): Promise<Answer | { prompt?: string; maxAge: string; acrValues: string }> {
  const prompt = parameters.get('prompt');
  const maxAge = parameters.get('max_age') ?? usualMaxAge;
  if (prompt !== undefined && !isPrompt(prompt.split(' ')))
    return fail(errors.promptInvalid(`${prompt} came`));
  if (!/^\d{1,9}$/.test(maxAge)) return fail(errors.maxAgeInvalid(`${maxAge} came`));
  return { prompt, maxAge, acrValues: parameters.get('acr_values') ?? usualAcr };
}

/** Where the tokens are to be used (RFC 8707 section 2.1). */
export const checkResources = (api: string) =>
  async function checkResources({
    parameters,
    client,
    products,
    fail,
  }: Asked & WithProducts): Promise<Answer | { resources: string[] }> {
    const resources = readResources(parameters, api, { client, products });
    return resources
      ? { resources }
      : fail(errors.targetInvalid(`${parameters.all('resource').join(' ')} was asked for`));
  };

const thumbprintForm = /^[A-Za-z0-9_-]{43}$/;

/** The key that must redeem the code: `dpop_jkt`, or that of the proof that came along (RFC 9449 section 10). */
export async function checkKey({
  parameters,
  jkt: proven = null,
  fail,
}: Asked & { jkt?: string | null }): Promise<Answer | { jkt: string | null }> {
  const named = parameters.get('dpop_jkt');
  if (named === undefined) return { jkt: proven };
  const fits = thumbprintForm.test(named) && (proven === null || proven === named);
  return fits
    ? { jkt: named }
    : fail(errors.keyInvalid(`dpop_jkt is ${named}, proven is ${proven ?? 'none'}`));
}
