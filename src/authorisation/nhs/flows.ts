import type { Answer } from '@alongside/kernel/answer';
import { Refusal } from '@alongside/kernel/errors';
import type { Recorder } from '@alongside/kernel/events';
import type { Endpoint, Route } from '@alongside/kernel/http';
import { distinctKeys } from '@alongside/kernel/journeys';
import { methodNotAllowed } from '@alongside/kernel/respond';
import { anyMethod, route } from '@alongside/kernel/route';
import { check, steps } from '@alongside/kernel/steps';
import { isForm } from '../../oauth/parameters.ts';
import { RequestBatch } from '../../oauth/request-batch.ts';
import { type Base, stateKeys } from '../base.ts';
import { errorFormat } from '../diagnosis.ts';
import { errors } from '../errors.ts';
import { type Incoming, isPreflight, preflight, readIncoming, refuseRepeated } from '../incoming.ts';
import {
  checkLogout,
  decodeLogout,
  endSession,
  requireSource,
  requireStrict,
  verifyLogout,
} from '../logout.ts';
import type { PlatformParts } from '../parts.ts';
import { recordRefusedTokens } from './application-checks.ts';
import { authorize } from './authorize.ts';
import { callback } from './callback.ts';
import { authorizationCode } from './grants/authorization-code.ts';
import { clientCredentials } from './grants/client-credentials.ts';
import { type Grant, grantTypes } from './grants/grant.ts';
import { refreshToken } from './grants/refresh-token.ts';
import { tokenExchange } from './grants/token-exchange.ts';
import { createNhsServer, type NhsCall, type NhsEndpoint } from './server.ts';
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
const flowPaths = [
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
const flows: readonly Flow[] = [
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

/** Records a refusal as an event of the journey of the request's values. */
function recordRefusal(
  recorder: Recorder,
  event: string,
  base: Base,
  { request, query, form, proven }: Incoming,
  { entry }: Refusal,
): void {
  recorder.record(
    {
      keys: distinctKeys([...stateKeys(base, query), form.get('code') ?? '']),
      lasting: proven.family ?? '',
      from: 'application',
      to: 'authorisation',
      name: event,
      outcome: 'refused',
      detail: { error: entry.code, reason: entry.id },
    },
    request.activity,
  );
}

/** Returns the routes of one base path of the `nhs` profile. */
export function createNhsRoutes(base: Base, bases: readonly Base[], parts: PlatformParts): Route[] {
  const server = createNhsServer(base, bases, parts);
  const endpoint: Endpoint = async (request) => {
    const incoming = readIncoming(base, request);
    const flow = flows.find(({ matches }) => matches(incoming));
    if (!flow) throw errors.notFound(`there is no route for ${request.method} here`);
    try {
      return await flow.endpoint({ server, batch: new RequestBatch(parts.database), ...incoming });
    } catch (thrown) {
      if (thrown instanceof Refusal && flow.event !== undefined)
        recordRefusal(parts.recorder, flow.event, base, incoming, thrown);
      else
        request.activity?.join({
          keys: [...stateKeys(base, incoming.query), incoming.form.get('code') ?? ''],
        });
      const { application } = incoming.proven;
      const grant = incoming.form.get('grant_type');
      if (application !== undefined)
        await recordRefusedTokens(parts, base, { request, application, grant }, thrown);
      throw thrown;
    }
  };
  const handlers = anyMethod({ endpoint, errors: errorFormat(errors), rawQuery: true });
  const known = flowPaths.map((path) => `${base.path}${path}`);
  return [base.path, `${base.path}/*`].flatMap((path) => route(path, handlers, known));
}
