import { activity } from '@alongside/kernel/activity';
import { json } from '@alongside/kernel/answer';
import { Refusal } from '@alongside/kernel/errors';
import type { Endpoint, ErrorFormat, HttpRequest, Method, Route } from '@alongside/kernel/http';
import { stylesheetRoutesAt } from '@alongside/kernel/layout';
import {
  anyMethod,
  type Handler,
  type Handlers,
  readOnly,
  route,
  withoutMethodErrors,
} from '@alongside/kernel/route';
import type { Steps } from '@alongside/kernel/steps';
import { anyOriginPreflight, Cors, toAnyOrigin } from '../../oauth/cors.ts';
import { openIdMetadata } from '../../oauth/openid/metadata.ts';
import { openIdProviders } from '../../oauth/openid/providers.ts';
import { parseParameters } from '../../oauth/parameters.ts';
import { scopesOf } from '../../oauth/products.ts';
import { RequestBatch, settled } from '../../oauth/request-batch.ts';
import { type ClientSettings, serverMetadata } from '../../oauth/server/metadata.ts';
import { resourceChallenge } from '../../oauth/server/resource-challenge.ts';
import { requireChecks } from '../../oauth/server/security-checks.ts';
import { withNonce } from '../../oauth/server/sender-constraint.ts';
import type { Base } from '../base.ts';
import { browserFormat, errorFormat } from '../diagnosis.ts';
import type { PlatformParts } from '../parts.ts';
import { authorize, authorizeByPost, pushRequest, tryAuthorize } from './authorize.ts';
import { callback } from './callback.ts';
import { endSession, endSessionByPost, signedOut, signOutPaths } from './end-session.ts';
import { errors } from './errors.ts';
import { grants } from './grants/registry.ts';
import { idTokenAlgorithms } from './id-token.ts';
import { backchannelLogout } from './logout.ts';
import { offered } from './profile.ts';
import { createServer, type ServerCall, type StandardServer, settingsOf } from './server.ts';
import { introspect, introspectionAlgorithms, revoke, token } from './token.ts';
import { userinfo } from './userinfo.ts';

const documents = ['oauth-authorization-server', 'openid-configuration'];

/** Returns the paths of the metadata: RFC 8414 section 3.1 inserts the name before the path of the issuer, OpenID Connect Discovery appends it. */
const metadataPaths = ({ path }: Base): string[] =>
  documents.flatMap((name) => [`/.well-known/${name}${path}`, `${path}/.well-known/${name}`]);

const paths = {
  authorize: '/authorize',
  token: '/token',
  keys: '/jwks',
  revocation: '/revoke',
  introspection: '/introspect',
  pushed: '/par',
  userinfo: '/userinfo',
};

const { platform: openIdProvider } = openIdProviders;

/** Whether users can sign out here, which the provider does. */
const signsOut = ({ upstreams: [upstream] }: Base): boolean => upstream.endSessionUrl !== undefined;

/**
 * Returns the metadata of a base path (RFC 8414 section 2, OpenID Connect Discovery section 3). Clients of the fapi2 profile may
 * use less than it names.
 */
const metadataOf = (base: Base, settings: ClientSettings): Record<string, unknown> => ({
  ...serverMetadata(settings, {
    rules: offered,
    paths,
    grants,
    certificatePaths: { userinfo_endpoint: paths.userinfo },
  }),
  introspection_signing_alg_values_supported: introspectionAlgorithms,
  ...openIdMetadata(openIdProvider, {
    userinfo: `${settings.issuer}${paths.userinfo}`,
    endSession: signsOut(base) ? `${settings.issuer}${signOutPaths.endSession}` : undefined,
  }),
});

/** Serves the metadata with the scopes of all products behind those of OpenID. */
function metadataEndpoint(base: Base, parts: PlatformParts): Endpoint {
  const metadata = metadataOf(base, settingsOf(base, parts));
  return async () => {
    const scopes = [...openIdProvider.scopes, ...scopesOf(await parts.products.list())];
    return json(200, { ...metadata, scopes_supported: scopes }, cached);
  };
}

const format = errorFormat(errors);

/** Adds the challenge to the error of a failed HTTP Basic (RFC 6749 section 5.2). */
const clientFormat: ErrorFormat = async (thrown, request) => {
  const answer = await format(thrown, request);
  const isBasic = answer.status === 401 && request.headers.authorization !== undefined;
  return isBasic ? answer.with({ 'www-authenticate': 'Basic realm="token"' }) : answer;
};

/** Adds the challenge to the error of userinfo (RFC 6750 section 3). */
const resourceFormat: ErrorFormat = async (thrown, request) => {
  const answer = await format(thrown, request);
  return answer.status < 500
    ? answer.with({ 'www-authenticate': resourceChallenge('oauth2.1', thrown, request) })
    : answer;
};

/** Adds the nonce of the next DPoP proof to all responses (RFC 9449 section 8.2). */
const announceNonce = (server: StandardServer, { endpoint, errors }: Handler<unknown>): Handler<unknown> => ({
  endpoint: async (request) => withNonce(server, request, await endpoint(request)),
  errors: async (thrown, request) => withNonce(server, request, await errors(thrown, request)),
  rawQuery: true,
});

const cached = { 'cache-control': 'public, max-age=300' };

/** Creates the key of each announced algorithm before its first signature: verifiers cache the set. */
const keySet =
  ({ keys }: PlatformParts): Endpoint =>
  async () => {
    await Promise.all(
      [...new Set([...introspectionAlgorithms, ...idTokenAlgorithms])].map((algorithm) =>
        keys.ensure(algorithm),
      ),
    );
    return json(200, await keys.jwks(), cached);
  };

/** Adds a refused token request to the journey of its code or refresh token. */
async function joinRefused({ tokens }: PlatformParts, { body }: HttpRequest): Promise<void> {
  const form = parseParameters(body);
  const refreshToken = form?.get('refresh_token');
  const record = refreshToken === undefined ? undefined : await tokens.find(refreshToken);
  activity()?.join({ keys: [form?.get('code') ?? ''], lasting: record?.family ?? '' });
}

async function refuseUnknown({ method }: HttpRequest): Promise<never> {
  throw errors.notFound(`there is no route for ${method} here`);
}

/** Returns the steps of the endpoints that the profiles have requirements for. */
export const endpointLists = {
  authorize,
  callback,
  'backchannel-logout': backchannelLogout,
  token,
  par: pushRequest,
  introspect,
  revoke,
  userinfo,
};

/** The routes of one base path of the standard profile. */
export function createStandardRoutes(base: Base, bases: readonly Base[], parts: PlatformParts): Route[] {
  const server = createServer(base, bases, parts);
  requireChecks(server, endpointLists, grants);
  const cors = new Cors({ applications: parts.applications, half: 'platform' });
  const handle = (endpoint: Endpoint, errors = format): Handler<unknown> => ({
    endpoint,
    errors,
    rawQuery: true,
  });
  const run = (list: Pick<Steps<ServerCall, ServerCall>, 'run'>, errors?: ErrorFormat): Handler<unknown> =>
    handle((request) => settled({ server, request, batch: new RequestBatch(parts.database) }, list), errors);
  const announcing = (list: Parameters<typeof run>[0]) => announceNonce(server, run(list, clientFormat));
  const joining = ({ endpoint, errors }: Handler<unknown>): Handler<unknown> => ({
    endpoint,
    rawQuery: true,
    async errors(thrown, request) {
      if (thrown instanceof Refusal) await joinRefused(parts, request);
      return errors(thrown, request);
    },
  });
  const withPreflight = (path: string, preflight: Endpoint, routes: readonly Route[]): Route[] => [
    ...withoutMethodErrors(route(path, { OPTIONS: handle(preflight) })),
    ...routes,
  ];
  /** Routes that the pages of public clients may call too. */
  const shared = (path: string, handlers: Handlers<unknown>): Route[] =>
    withPreflight(
      path,
      cors.preflight(Object.keys(handlers) as Method[]),
      route(path, handlers).map((one) => cors.route(one)),
    );
  const metadata = readOnly(handle(metadataEndpoint(base, parts)));
  const pages = browserFormat(errors, { path: base.path, development: parts.development });
  return [
    ...metadataPaths(base).flatMap((path) =>
      withPreflight(path, anyOriginPreflight, route(path, metadata).map(toAnyOrigin)),
    ),
    ...shared(`${base.path}/jwks`, readOnly(handle(keySet(parts)))),
    ...route(`${base.path}/authorize`, {
      GET: run(endpointLists.authorize, pages),
      HEAD: run(tryAuthorize, pages),
      POST: run(authorizeByPost, pages),
    }),
    ...route(`${base.path}/callback`, { GET: run(endpointLists.callback, pages) }),
    ...stylesheetRoutesAt(base.path),
    ...(signsOut(base)
      ? [
          ...route(`${base.path}${signOutPaths.endSession}`, {
            GET: run(endSession, pages),
            POST: run(endSessionByPost, pages),
          }),
          ...route(`${base.path}${signOutPaths.signedOut}`, { GET: run(signedOut, pages) }),
        ]
      : []),
    ...shared(`${base.path}/token`, { POST: joining(announcing(endpointLists.token)) }),
    ...shared(`${base.path}/par`, { POST: announcing(endpointLists.par) }),
    ...route(`${base.path}/introspect`, { POST: run(endpointLists.introspect, clientFormat) }),
    ...route(`${base.path}/backchannel_logout`, { POST: run(endpointLists['backchannel-logout']) }),
    ...shared(`${base.path}/userinfo`, {
      GET: announceNonce(server, run(endpointLists.userinfo, resourceFormat)),
      POST: announceNonce(server, run(endpointLists.userinfo, resourceFormat)),
    }),
    ...shared(`${base.path}/revoke`, { POST: run(endpointLists.revoke, clientFormat) }),
    ...route(`${base.path}/*`, anyMethod(handle(refuseUnknown))),
  ];
}
