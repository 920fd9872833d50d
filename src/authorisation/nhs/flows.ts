import type { Answer } from '@alongside/kernel/answer';
import { methodNotAllowed } from '@alongside/kernel/respond';
import { isForm } from '../../oauth/parameters.ts';
import type { Base } from '../base.ts';
import { errors } from '../errors.ts';
import type { Incoming } from '../incoming.ts';
import type { Parts } from '../parts.ts';
import { createAuthorize } from './authorize.ts';
import { createCallback } from './callback.ts';
import { isPreflight, preflight } from './cors.ts';
import type { Flow } from './flow.ts';
import { grantTypes } from './grants/grant.ts';
import { grants } from './grants/registry.ts';
import { createLogout } from './logout.ts';
import { createStatus, ping } from './status.ts';
import { createUserinfo } from './userinfo.ts';

type Matches = (incoming: Incoming) => boolean;

const at =
  (path: string, ...methods: string[]): Matches =>
  (incoming) =>
    incoming.path === path && methods.includes(incoming.request.method);

const postToken = at('/token', 'POST');
const postTokenAnd =
  (more: Matches): Matches =>
  (incoming) =>
    postToken(incoming) && more(incoming);

const grantTypeOf = ({ form }: Incoming): string | undefined => form.get('grant_type');

const refuse = (refusal: () => Error) => async (): Promise<Answer> => {
  throw refusal();
};
const allowOnly = (method: string) => async (): Promise<Answer> => methodNotAllowed(method);

/** The paths below a base path, for suggestions after a typing error. */
export const flowPaths = [
  '/_ping',
  '/_status',
  '/authorize',
  '/callback',
  '/token',
  '/userinfo',
  '/backchannel_logout',
] as const;

/** The dispatch table of the `nhs` profile, in the published order (identity-service-api, proxies/default.xml). */
export function createFlows(base: Base, bases: readonly Base[], parts: Parts): readonly Flow[] {
  return [
    { matches: at('/_ping', 'GET', 'HEAD'), endpoint: ping },
    { matches: at('/_status', 'GET', 'HEAD'), endpoint: createStatus(base, parts) },
    {
      matches: at('/authorize', 'GET'),
      endpoint: createAuthorize(base, parts),
      event: 'authorisation.authorize',
    },
    {
      matches: postTokenAnd(({ request }) => !isForm(request.headers['content-type'])),
      endpoint: refuse(() => errors.contentType('the content type is missing or different')),
    },
    {
      matches: postTokenAnd(grants.clientCredentials.matches),
      endpoint: grants.clientCredentials.endpoint(base, parts),
      event: grants.clientCredentials.event,
    },
    {
      matches: postTokenAnd(grants.tokenExchange.matches),
      endpoint: grants.tokenExchange.endpoint(base, parts),
      event: grants.tokenExchange.event,
    },
    {
      matches: at('/backchannel_logout', 'POST'),
      endpoint: createLogout(base, bases, parts),
      event: 'authorisation.logout',
    },
    {
      matches: postTokenAnd(grants.authorizationCode.matches),
      endpoint: grants.authorizationCode.endpoint(base, parts),
      event: grants.authorizationCode.event,
    },
    {
      matches: postTokenAnd(grants.refreshToken.matches),
      endpoint: grants.refreshToken.endpoint(base, parts),
      event: grants.refreshToken.event,
    },
    {
      matches: at('/callback', 'GET'),
      endpoint: createCallback(base, parts),
      event: 'authorisation.callback',
    },
    { matches: at('/userinfo', 'GET'), endpoint: createUserinfo(base, parts) },
    { matches: ({ request }) => isPreflight(request), endpoint: preflight },
    {
      matches: postTokenAnd((incoming) => grantTypeOf(incoming) === grantTypes.tokenExchange),
      endpoint: refuse(() => errors.subjectType('subject_token_type is missing or unsupported')),
    },
    {
      matches: postTokenAnd((incoming) => grantTypeOf(incoming) !== undefined),
      endpoint: refuse(() => errors.grantUnsupported('grant_type is not supported')),
    },
    {
      matches: postToken,
      endpoint: refuse(() => errors.grantMissing('grant_type is missing from the form')),
    },
    { matches: ({ path }) => path === '/authorize', endpoint: allowOnly('GET') },
    { matches: ({ path }) => path === '/token', endpoint: allowOnly('POST') },
    { matches: () => true, endpoint: refuse(() => errors.notFound('no flow matches')) },
  ];
}
