import { json } from '@alongside/kernel/answer';
import type { Endpoint, Method, Route } from '@alongside/kernel/http';
import { Cors } from '../../oauth/cors.ts';
import { withNonce } from '../../oauth/server/dpop-nonce-header.ts';
import { addressesOf } from '../../oauth/server/metadata.ts';
import { endpointPaths } from '../model/endpoints.ts';
import {
  bearerError,
  errorPage,
  type Render,
  type RenderedRoutes,
  serviceError,
  tokenError,
} from '../responses/error-answers.ts';
import { createAuthorize } from './authorize/authorize.ts';
import { schemaRoutes } from './claims/schemas.ts';
import { createDiscovery, createKeySet } from './discovery.ts';
import { createConfirmSignOut, createEndSession } from './end-session/end-session.ts';
import { createPar } from './par.ts';
import { type Cis2Server, createServer } from './server.ts';
import { createGrants } from './token/grants/registry.ts';
import { createIntrospect, createRevoke } from './token/own-tokens.ts';
import { createToken } from './token/token.ts';
import { createUserinfo } from './userinfo.ts';

type OpenIdDependencies = Parameters<typeof createServer>[0] &
  Parameters<typeof createGrants>[0] &
  Omit<Parameters<typeof createAuthorize>[0], 'server'> &
  Omit<Parameters<typeof createPar>[0], 'server'> &
  Omit<Parameters<typeof createUserinfo>[0], 'addresses'> &
  Parameters<typeof createEndSession>[0] &
  Parameters<typeof createDiscovery>[0] & {
    /** Path of the issuer. */
    path: string;
  };

/** Adds a nonce for the next DPoP proof to the answers and errors of an endpoint. */
const announcing = (server: Cis2Server) => ({
  endpoint:
    (endpoint: Endpoint): Endpoint =>
    async (request) =>
      withNonce(server, request, await endpoint(request)),
  render:
    (render: Render): Render =>
    (thrown, request) =>
      withNonce(server, request, render(thrown, request)),
});

/** The endpoints of OpenID Connect and OAuth at one issuer. */
export function openIdRoutes(dependencies: OpenIdDependencies): RenderedRoutes[] {
  const { path, signOutPath, development, issuer, assuranceAsNumbers } = dependencies;
  const server = createServer(dependencies);
  const nonce = announcing(server);
  const cors = new Cors({ applications: dependencies.applications, half: 'cis2' });
  const page = errorPage(development);

  const at = (methods: Method[], name: string, endpoint: Endpoint): Route => ({
    methods,
    path: `${path}${name}`,
    endpoint,
  });
  /** A route that pages of public clients call too. */
  const browser = (route: Route): Route[] => [
    { methods: ['OPTIONS'], path: route.path, endpoint: cors.preflight(route.methods) },
    cors.route(route),
  ];
  /** A `browser` route that renders its errors for other origins too. */
  const shared = (route: Route, render: Render): RenderedRoutes => ({
    render: cors.render(render),
    routes: browser(route),
  });

  const token = nonce.endpoint(createToken(server, createGrants(dependencies), dependencies.recorder));
  const pushed = nonce.endpoint(createPar({ ...dependencies, server }));
  const userinfo = nonce.endpoint(
    createUserinfo({ ...dependencies, addresses: addressesOf(dependencies, endpointPaths.userinfo) }),
  );
  return [
    {
      render: page,
      routes: [
        ...browser(at(['GET', 'HEAD'], '/.well-known/openid-configuration', createDiscovery(dependencies))),
        ...(dependencies.faults
          ? [at(['GET'], endpointPaths.noKeys, async () => json(200, { keys: [] }))]
          : []),
        at(['GET', 'POST'], endpointPaths.authorize, createAuthorize({ ...dependencies, server })),
        at(['GET', 'POST'], endpointPaths.endSession, createEndSession(dependencies)),
        { methods: ['POST'], path: signOutPath, endpoint: createConfirmSignOut(dependencies) },
        ...schemaRoutes(issuer, assuranceAsNumbers),
      ],
    },
    shared(at(['GET', 'HEAD'], endpointPaths.keys, createKeySet(dependencies)), serviceError),
    shared(at(['POST'], endpointPaths.token, token), nonce.render(tokenError)),
    shared(at(['POST'], endpointPaths.revocation, createRevoke(server)), tokenError),
    {
      render: tokenError,
      routes: [at(['POST'], endpointPaths.introspection, createIntrospect(server))],
    },
    shared(at(['POST'], endpointPaths.pushed, pushed), nonce.render(tokenError)),
    shared(at(['GET', 'POST'], endpointPaths.userinfo, userinfo), nonce.render(bearerError)),
  ];
}
