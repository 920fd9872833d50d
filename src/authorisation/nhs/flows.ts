import type { Answer } from '@alongside/kernel/answer';
import { methodNotAllowed } from '@alongside/kernel/respond';
import { check, steps } from '@alongside/kernel/steps';
import { isForm } from '../../oauth/parameters.ts';
import { errors } from '../errors.ts';
import { type Incoming, isPreflight, preflight, refuseRepeated } from '../incoming.ts';
import {
  checkLogout,
  decodeLogout,
  endSession,
  requireSource,
  requireStrict,
  verifyLogout,
} from '../logout.ts';
import { authorize } from './authorize.ts';
import { callback } from './callback.ts';
import { authorizationCode } from './grants/authorization-code.ts';
import { clientCredentials } from './grants/client-credentials.ts';
import { type Grant, grantTypes } from './grants/grant.ts';
import { refreshToken } from './grants/refresh-token.ts';
import { tokenExchange } from './grants/token-exchange.ts';
import type { NhsCall, NhsEndpoint } from './server.ts';
import { ping, status } from './status.ts';
import { userinfo } from './userinfo.ts';

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

/** `POST /backchannel_logout`: a provider reports that a session has ended. */
const backchannelLogout = steps<NhsCall>('oauth2.backchannel-logout')
  .step(check('logout-source', requireSource))
  .step(refuseRepeated)
  .step(decodeLogout)
  .step(check('logout-token', verifyLogout))
  .step(check('logout-claims', checkLogout))
  .step(check('single-use', requireStrict))
  .step(endSession);

/** All grants of the profile, in the order of the dispatch table. */
export const grants: readonly Grant[] = [clientCredentials, tokenExchange, authorizationCode, refreshToken];

/** One row of the dispatch table. The first match handles the request. */
interface Flow {
  readonly matches: Matches;
  readonly endpoint: NhsEndpoint;
  /** Event of a refusal; undefined if it belongs to no journey. */
  readonly event?: string;
}

const flowOf = ({ matches, endpoint, event }: Grant): Flow => ({
  matches: postTokenAnd(matches),
  endpoint,
  event,
});

/** The dispatch table of the `nhs` profile, in the published order (identity-service-api, proxies/default.xml). */
export const flows: readonly Flow[] = [
  { matches: at('/_ping', 'GET', 'HEAD'), endpoint: ping },
  { matches: at('/_status', 'GET', 'HEAD'), endpoint: status },
  {
    matches: at('/authorize', 'GET'),
    endpoint: (call) => authorize.run(call),
    event: 'authorisation.authorize',
  },
  {
    matches: postTokenAnd(({ request }) => !isForm(request.headers['content-type'])),
    endpoint: refuse(() => errors.contentType('the content type is missing or different')),
  },
  flowOf(clientCredentials),
  flowOf(tokenExchange),
  {
    matches: at('/backchannel_logout', 'POST'),
    endpoint: (call) => backchannelLogout.run(call),
    event: 'authorisation.logout',
  },
  flowOf(authorizationCode),
  flowOf(refreshToken),
  {
    matches: at('/callback', 'GET'),
    endpoint: (call) => callback.run(call),
    event: 'authorisation.callback',
  },
  { matches: at('/userinfo', 'GET'), endpoint: (call) => userinfo.run(call) },
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
