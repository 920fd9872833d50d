import type { Answer } from '@alongside/kernel/answer';
import { check, type Steps } from '@alongside/kernel/steps';
import { shown } from '../../oauth/check.ts';
import { separateScopes } from '../../oauth/openid/claims.ts';
import { openIdProviders } from '../../oauth/openid/providers.ts';
import { readScope } from '../../oauth/parameters.ts';
import { scopesOf, unknownScope } from '../../oauth/products.ts';
import {
  checkBoundKey,
  checkPkce,
  checkResponseMode,
  checkResponseType,
  type RequestReply,
} from '../../oauth/server/request-checks.ts';
import type { WithProducts } from '../application/client.ts';
import { errors } from './errors.ts';
import type { Incoming } from './incoming.ts';
import { readResources } from './resources.ts';
import type { ServerCall } from './server.ts';

/** A request with a reply to its client. */
export type RequestCall = ServerCall & Incoming & { readonly reply: RequestReply };

/** Refuses a `request_uri` that /par of this server did not give, where no address is known to send the error to. */
export const refuseForeignRequestUri = async ({ parameters }: Incoming): Promise<void> => {
  if (parameters.get('redirect_uri') === undefined && parameters.has('request_uri'))
    throw errors.requestUriInvalid(`${parameters.get('request_uri')} is not from /par of this server`);
};

/** Refuses a request object by reference. */
export const refuseRequestUri = check(
  'request-uri',
  async function refuseRequestUri({ parameters, reply }: RequestCall) {
    return parameters.has('request_uri')
      ? reply.fail(errors.requestUri('the request has a request_uri'))
      : undefined;
  },
);

const { scopes: offeredScopes } = openIdProviders.platform;

/** Reads the requested scope, of which the application must have some value at some level. Without one, the level decides. */
export const checkScope = check(
  'scope',
  async function checkScope({ parameters, products, reply }: RequestCall & WithProducts) {
    const text = parameters.get('scope');
    if (text === undefined) return { asked: null, openId: [] };
    const asked = readScope(text);
    if (!asked)
      return reply.fail(
        errors.scopeMalformed(`scope is ${text}`).about({ field: 'scope', received: shown(text) }),
      );
    const { openId, others } = separateScopes(asked, offeredScopes);
    // OpenID scopes name no API, so that all scopes of the level are granted.
    if (openId.length > 0 && others.length === 0) return { asked: null, openId };
    const known = scopesOf(products);
    return others.some((scope) => known.includes(scope))
      ? { asked: [...others], openId }
      : reply.fail(errors.scopeEmpty(`scope is ${text}`).about(unknownScope(text, known)));
  },
);

const prompts = ['none', 'login', 'consent', 'select_account'];
/** Whether `none` is the only value where it occurs (OpenID Connect Core section 3.1.2.1). */
const isPrompt = (values: readonly string[]): boolean =>
  values.every((value) => prompts.includes(value)) && (values.length === 1 || !values.includes('none'));
/** Seconds, where the client sends no `max_age`. */
const defaultMaxAge = '300';
const defaultAcr = 'AAL3_ANY';

export async function checkSignIn({
  parameters,
  reply,
}: RequestCall): Promise<Answer | { prompt?: string; maxAge: string; acrValues: string }> {
  const prompt = parameters.get('prompt');
  const maxAge = parameters.get('max_age') ?? defaultMaxAge;
  if (prompt !== undefined && !isPrompt(prompt.split(' ')))
    return reply.fail(
      errors.promptInvalid(`prompt is ${prompt}`).about({ field: 'prompt', received: shown(prompt) }),
    );
  if (!/^\d{1,9}$/.test(maxAge)) return reply.fail(errors.maxAgeInvalid(`max_age is ${maxAge}`));
  return { prompt, maxAge, acrValues: parameters.get('acr_values') ?? defaultAcr };
}

/** Reads the resources at which the tokens will be used (RFC 8707 section 2.1). */
export const checkResources = check(
  'resources',
  async function checkResources({ server, parameters, client, products, reply }: RequestCall & WithProducts) {
    const resources = await readResources(parameters, server.parts, { client, products });
    return resources
      ? { resources }
      : reply.fail(errors.targetInvalid(`resource is ${parameters.all('resource').join(' ')}`));
  },
);

/** The checks of an authorization request behind its redirect URI, for /authorize and /par. The order is the contract. */
export const requestChecks = <Start, Known extends RequestCall & WithProducts>(list: Steps<Start, Known>) =>
  list
    .step(refuseRequestUri)
    .step(checkResponseType)
    .step(checkResponseMode)
    .step(checkPkce)
    .step(checkScope)
    .step(checkSignIn)
    .step(checkResources)
    .step(checkBoundKey);
