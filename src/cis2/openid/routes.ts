import { json } from '@alongside/kernel/answer';
import type { Endpoint, ErrorFormat, Route } from '@alongside/kernel/http';
import { type Handler, type Handlers, readOnly, route } from '@alongside/kernel/route';
import { Cors } from '../../oauth/cors.ts';
import { requireChecks } from '../../oauth/server/security-checks.ts';
import { withNonce } from '../../oauth/server/sender-constraint.ts';
import { endpointPaths } from '../protocol.ts';
import { bearerError, errorPage, serviceError, tokenError } from '../responses/error-answers.ts';
import { type AuthorizeDependencies, authorize, tryAuthorize } from './authorize/authorize.ts';
import { schemaRoutes } from './claims/schemas.ts';
import { createDiscovery, createKeySet } from './discovery.ts';
import { confirmSignOut, type EndSessionDependencies, endSession } from './end-session/end-session.ts';
import { par } from './par.ts';
import { type Cis2Server, createServer } from './server.ts';
import { grants } from './token/grants/registry.ts';
import { createToken, introspect, revoke, token } from './token/token.ts';
import { userinfo } from './userinfo.ts';

type OpenIdDependencies = Parameters<typeof createServer>[0] &
  Parameters<typeof createDiscovery>[0] &
  AuthorizeDependencies &
  EndSessionDependencies & {
    path: string;
  };

/** The steps of the endpoints that the profiles have requirements for. */
export const endpointLists = {
  authorize,
  par,
  token,
  revoke,
  introspect,
  userinfo,
};

/** Adds a nonce for the next DPoP proof to all responses, where proofs need one. */
const announceNonce = (server: Cis2Server, handler: Handler<unknown>): Handler<unknown> =>
  server.proofNonces === undefined
    ? handler
    : {
        endpoint: async (request) => withNonce(server, request, await handler.endpoint(request)),
        errors: async (thrown, request) => withNonce(server, request, await handler.errors(thrown, request)),
      };

/** The endpoints of OpenID Connect and OAuth at one issuer. */
export function openIdRoutes(dependencies: OpenIdDependencies): Route[] {
  const { path, signOutPath, development, issuer, assuranceAsNumbers } = dependencies;
  const server = createServer(dependencies);
  requireChecks(server, endpointLists, grants);
  const provider = dependencies;
  const cors = new Cors({ applications: dependencies.applications, half: 'cis2' });
  const page = errorPage(development);

  const handle = (endpoint: Endpoint, errors: ErrorFormat): Handler<unknown> => ({ endpoint, errors });
  const client = (endpoint: Endpoint): Handler<unknown> => handle(endpoint, tokenError);
  const both = (handler: Handler<unknown>): Handlers<unknown> => ({ GET: handler, POST: handler });
  const at = (name: string, handlers: Handlers<unknown>): Route[] => route(`${path}${name}`, handlers);
  /** Routes that the pages of public clients may call too. */
  const shared = (name: string, handlers: Handlers<unknown>): Route[] => at(name, cors.handlers(handlers));
  const announcing = (handler: Handler<unknown>) => announceNonce(server, handler);
  return [
    ...shared('/.well-known/openid-configuration', readOnly(handle(createDiscovery(dependencies), page))),
    ...(dependencies.faults
      ? at(endpointPaths.noKeys, { GET: handle(async () => json(200, { keys: [] }), page) })
      : []),
    ...at(endpointPaths.authorize, {
      ...both(handle((request) => authorize.run({ server, request, provider }), page)),
      HEAD: handle((request) => tryAuthorize.run({ server, request, provider }), page),
    }),
    ...at(endpointPaths.endSession, both(handle((request) => endSession.run({ request, provider }), page))),
    ...route(signOutPath, { POST: handle((request) => confirmSignOut.run({ request, provider }), page) }),
    ...schemaRoutes(issuer, assuranceAsNumbers, page),
    ...shared(endpointPaths.keys, readOnly(handle(createKeySet(dependencies), serviceError))),
    ...shared(endpointPaths.token, { POST: announcing(client(createToken(server))) }),
    ...shared(endpointPaths.revocation, { POST: client((request) => revoke.run({ server, request })) }),
    ...at(endpointPaths.introspection, { POST: client((request) => introspect.run({ server, request })) }),
    ...shared(endpointPaths.pushed, {
      POST: announcing(client((request) => par.run({ server, request, provider }))),
    }),
    ...shared(
      endpointPaths.userinfo,
      both(announcing(handle((request) => userinfo.run({ server, request }), bearerError))),
    ),
  ];
}
