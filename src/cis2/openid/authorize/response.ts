import type { Answer } from '@alongside/kernel/answer';
import type { Parameters } from '../../../oauth/parameters.ts';
import { responseErrors } from '../../errors/response.ts';
import type { RelyingParty } from '../../model/relying-party.ts';
import { isScope, readScope } from '../../model/scopes.ts';
import type { Reply } from '../../responses/reply.ts';
import { offlineAccess } from '../token/refreshing.ts';

interface Asked {
  parameters: Parameters;
  reply: Reply;
  party: RelyingParty;
}

/** What is left of them here is not read for this client, so it is refused by name (OpenID Connect Core section 6). */
export async function refuseRequestObjects({ parameters, reply }: Asked): Promise<Answer | undefined> {
  if (parameters.has('request')) return reply.fail(responseErrors.requestObject());
  if (parameters.has('request_uri')) return reply.fail(responseErrors.requestUri());
  if (parameters.has('registration')) return reply.fail(responseErrors.registration());
  return undefined;
}

export async function checkResponseType({ parameters, reply }: Asked): Promise<Answer | undefined> {
  const type = parameters.get('response_type');
  if (type === undefined) return reply.fail(responseErrors.responseTypeMissing());
  if (type !== 'code')
    return reply.fail(responseErrors.responseTypeUnsupported(`${type} came, code was expected`));
  return undefined;
}

export async function checkScope({ parameters, reply, party }: Asked): Promise<Answer | { scope: string[] }> {
  const asked = readScope(parameters.get('scope') ?? '');
  if (parameters.get('scope') === undefined)
    return reply.fail(responseErrors.scopeMissing('scope is missing'));
  if (!asked) return reply.fail(responseErrors.scopeMalformed());
  if (!asked.includes('openid'))
    return reply.fail(responseErrors.scopeMissing(`the scope is ${asked.join(' ')}`));
  const isKnown = (value: string) =>
    isScope(value) || (value === offlineAccess && party.client.refreshTokens);
  const unknown = asked.filter((value) => !isKnown(value));
  if (unknown.length > 0 && party.client.profile === 'nhs')
    return reply.fail(responseErrors.scopeUnknown(`${unknown.join(' ')} is not known`));
  return { scope: asked.filter(isKnown) };
}

export async function checkResponseMode({ parameters, reply }: Asked): Promise<Answer | undefined> {
  const mode = parameters.get('response_mode') ?? 'query';
  if (mode !== 'query' && mode !== 'form_post')
    return reply.fail(responseErrors.responseModeUnsupported(`${mode} came`));
  return undefined;
}
