import { json } from '@alongside/kernel/answer';
import { CookieNames } from '@alongside/kernel/cookies';
import type { Endpoint, HttpRequest, Route } from '@alongside/kernel/http';
import { stylesheetRoute } from '@alongside/kernel/layout';
import { sessionEndedPath } from '../cis/protocol.ts';
import { AnonymousRows } from '../oauth/anonymous-rows.ts';
import { Cors } from '../oauth/cors.ts';
import { ProofNonces } from '../oauth/dpop-nonce.ts';
import { NetworkLimit, networkLimits } from '../oauth/network-limit.ts';
import { PushedRequests } from '../oauth/pushed-requests.ts';
import { RefreshSuccessors } from '../oauth/refresh-successors.ts';
import { RemoteKeys } from '../oauth/remote-keys.ts';
import { withNonce } from '../oauth/server/dpop-nonce-header.ts';
import { addressesOf } from '../oauth/server/metadata.ts';
import type { Service } from '../service.ts';
import { administrationRoutes } from './administration/routes.ts';
import { createAuthenticators } from './authenticators/registry.ts';
import type { Cis2Dependencies } from './dependencies.ts';
import { Notices } from './enrolment/notices.ts';
import { Enrolments } from './enrolment/registry.ts';
import { enrolmentRoutes } from './enrolment/routes.ts';
import { faultySigner } from './faults/faulty-signer.ts';
import { idTokenFaults } from './faults/id-token-faults.ts';
import { logoutTokenFaults } from './faults/logout-token-faults.ts';
import type { TokenFault } from './faults/token-fault.ts';
import { BrowserMarks } from './model/browser-marks.ts';
import { CisClient } from './model/cis-client.ts';
import { Credentials } from './model/credentials.ts';
import { endpointPaths } from './model/endpoints.ts';
import { Interactions } from './model/interactions.ts';
import { limitingRows } from './model/limit-rows.ts';
import { createAuthorize } from './openid/authorize/authorize.ts';
import { schemaRoutes } from './openid/claims/schemas.ts';
import { createDiscovery, createKeySet } from './openid/discovery.ts';
import { createConfirmSignOut, createEndSession } from './openid/end-session/end-session.ts';
import { createPar } from './openid/par.ts';
import { createServer } from './openid/server.ts';
import { authorizationCode } from './openid/token/grants/authorization-code.ts';
import { refreshToken, type Successor, successorPurpose } from './openid/token/grants/refresh-token.ts';
import { TokenIssuer } from './openid/token/issuer.ts';
import { createIntrospect, createRevoke } from './openid/token/own-tokens.ts';
import { createToken } from './openid/token/token.ts';
import { createUserinfo } from './openid/userinfo.ts';
import { helpPage, helpPath } from './pages/help.ts';
import { onceScriptRoute } from './pages/once-script.ts';
import { consolePrefix } from './protocol.ts';
import { withPasswordRealm } from './realms/password-realm.ts';
import { healthcareRealm, passwordRealm, type Realm } from './realms/realm.ts';
import { registrationPrefixes, registrationRoutes, registrationUrlOf } from './registration/routes.ts';
import { Codes } from './responses/codes.ts';
import {
  bearerError,
  errorPage,
  type Render,
  registrationError,
  serviceError,
  tokenError,
} from './responses/error-answers.ts';
import { tellingMethods } from './responses/methods.ts';
import { nothingHereRoute } from './responses/nothing-here.ts';
import { Deliveries } from './sessions/deliveries.ts';
import { Expiry } from './sessions/expiry.ts';
import { GonePeople } from './sessions/gone-people.ts';
import { createSessionEnded } from './sessions/session-ended.ts';
import { SessionEnds } from './sessions/session-ends.ts';
import { Sessions } from './sessions/sessions.ts';
import { Authenticators } from './sign-in/authenticators.ts';
import { bringing } from './sign-in/bring.ts';
import { createFinish } from './sign-in/finish.ts';
import { hopScriptRoute } from './sign-in/pages/hop-script.ts';
import { interactionRoutes } from './sign-in/routes.ts';
import { endTakenAway } from './sign-in/taken-away.ts';

export type { Cis2Dependencies } from './dependencies.ts';

/** Milliseconds between two looks for overdue sessions and promised deliveries, and for old records. */
const round = 2_000;
const hour = 3_600_000;

/** One realm of CIS2: its parts put together, and its ways in. */
function createRealm(given: Cis2Dependencies, own: Realm): Service {
  const defaults = {
    afterSignOut: 'ask' as const,
    signOutWithoutSession: 'ask' as const,
    forgeRockClaims: true,
    assuranceAsNumbers: false,
    idleSignOut: true,
  };
  const deps = { ...defaults, ...given, realmName: own.name };
  const { clock, database, singleUse, keys, issuer, development, background, log } = deps;
  const cookies = new CookieNames(new URL(issuer).origin, own.cookies);
  const marks = new BrowserMarks(cookies, deps.vault);
  const cis = new CisClient(deps.cis, log);
  const sessions = new Sessions(database, singleUse, clock, cookies, issuer);
  const limitRows = limitingRows(new AnonymousRows(deps, 'cis2', deps.networkLimits));
  const interactions = new Interactions(singleUse, clock, cookies, limitRows, own.mark);
  const pushed = new PushedRequests('cis2-pushed', issuer, deps);
  const codes = new Codes(singleUse, pushed, deps, own.mark);
  const signerOf = (known: readonly TokenFault[]) =>
    deps.faults ? faultySigner(keys, deps.faults, known) : keys;
  const deliveries = new Deliveries({ ...deps, sessions, logoutSigner: signerOf(logoutTokenFaults) });
  const ends = new SessionEnds({ ...deps, sessions, deliveries });
  const expiry = new Expiry(deps);
  const gone = new GonePeople({ ...deps, cis, sessions, ends });
  const notices = new Notices({ ...deps, cis });
  const finish = createFinish({ ...deps, cis, interactions, sessions, ends, codes, marks });
  const bring = bringing({ ...deps, finish });
  const credentials = new Credentials(database, clock, deps.vault);

  const created = createAuthenticators(
    {
      ...deps,
      cis,
      cisUrl: deps.cis.url,
      bring,
      credentials,
      interactions,
      cookies,
      limitRows,
      marks,
      finish,
    },
    own.passwordOnly,
  );
  const authenticators = new Authenticators(created.authenticators);
  const enrolments = new Enrolments(created.enrolments);
  const clientKeys = new RemoteKeys(clock, { privateAddresses: development });
  const { failures: most } = deps.networkLimits ?? networkLimits.parse({});
  const failures = new NetworkLimit(deps, 'client-authentication', most);
  const proofNonces = deps.dpopNonces ? new ProofNonces(deps.vault, clock, `cis2 ${own.path}`) : undefined;
  const server = createServer({ ...deps, cis, pushed, limitRows, proofNonces, clientKeys, failures });
  const issuing = new TokenIssuer(deps);
  const idTokens = { ...deps, keys: signerOf(idTokenFaults) };
  const successors = new RefreshSuccessors<Successor>(deps, successorPurpose);
  const grants = [
    authorizationCode({ ...idTokens, sessions, codes, cis, issuing }),
    refreshToken({ ...idTokens, sessions, cis, issuing, successors }),
  ];

  const parts = {
    ...deps,
    defaultAcr: own.defaultAcr,
    signOutPath: own.signOutPath,
    cis,
    sessions,
    ends,
    authenticators,
    codes,
    pushed,
    clientKeys,
    interactions,
    finish,
    marks,
    proofNonces,
    limitRows,
  };
  const realm = (path: string) => `${own.path}${path}`;
  const get = (path: string, endpoint: Route['endpoint']): Route => ({ methods: ['GET'], path, endpoint });
  /** What monitors look at as well. */
  const open = (path: string, endpoint: Route['endpoint']): Route => ({
    methods: ['GET', 'HEAD'],
    path,
    endpoint,
  });
  const post = (path: string, endpoint: Route['endpoint']): Route => ({ methods: ['POST'], path, endpoint });
  const both = (path: string, endpoint: Route['endpoint']): Route => ({
    methods: ['GET', 'POST'],
    path,
    endpoint,
  });

  /** Where DPoP proofs are sent, answers and refusals have the nonce of the next one. */
  const announced =
    (endpoint: Endpoint): Endpoint =>
    async (request) =>
      withNonce(server, request, await endpoint(request));
  const announcedError =
    (render: Render): Render =>
    (thrown, request) =>
      withNonce(server, request, render(thrown, request));

  const cors = new Cors({ applications: deps.applications, half: 'cis2' });
  /** Endpoints that the pages of public clients call as well. */
  const browser = (route: Route): Route[] => [
    { methods: ['OPTIONS'], path: route.path, endpoint: cors.preflight(route.methods) },
    cors.route(route),
  ];
  const routes: Route[] = [
    ...browser(
      open(
        realm('/.well-known/openid-configuration'),
        createDiscovery({ ...deps, registrationUrl: registrationUrlOf(deps) }),
      ),
    ),
    ...browser(open(realm('/connect/jwk_uri'), createKeySet(deps))),
    ...(deps.faults ? [get(realm(endpointPaths.noKeys), async () => json(200, { keys: [] }))] : []),
    both(realm('/authorize'), createAuthorize(parts)),
    ...browser(post(realm('/access_token'), announced(createToken(server, grants, deps.recorder)))),
    ...browser(post(realm(endpointPaths.revocation), createRevoke(server))),
    post(realm(endpointPaths.introspection), createIntrospect(server)),
    ...browser(post(realm(endpointPaths.pushed), announced(createPar({ ...parts, server })))),
    ...browser(
      both(
        realm('/userinfo'),
        announced(createUserinfo({ ...parts, addresses: addressesOf(deps, endpointPaths.userinfo) })),
      ),
    ),
    both(realm('/connect/endSession'), createEndSession(parts)),
    post(own.signOutPath, createConfirmSignOut(parts)),
    post(sessionEndedPath, createSessionEnded(parts)),
    ...interactionRoutes(parts),
    ...enrolmentRoutes({ ...parts, credentials, enrolments, cookies, notices }),
    ...created.pages,
    ...created.services,
    ...administrationRoutes({ ...parts, deliveries, credentials, enrolments, notices }),
    ...registrationRoutes({ ...deps, failures }),
    get(helpPath, async () => helpPage(development)),
    ...schemaRoutes(issuer, deps.assuranceAsNumbers),
    hopScriptRoute,
    onceScriptRoute,
    stylesheetRoute,
  ];

  // What is not named here is seen by people.
  const renderers = new Map([
    [realm('/access_token'), cors.render(announcedError(tokenError))],
    [realm(endpointPaths.revocation), cors.render(tokenError)],
    [realm(endpointPaths.introspection), tokenError],
    [realm(endpointPaths.pushed), cors.render(announcedError(tokenError))],
    [realm('/userinfo'), cors.render(announcedError(bearerError))],
    [realm('/connect/jwk_uri'), cors.render(serviceError)],
    [sessionEndedPath, serviceError],
    ...created.services.map(({ path }) => [path, serviceError] as const),
  ]);
  const page = errorPage(development);
  const below = [
    { prefix: consolePrefix, render: serviceError },
    ...registrationPrefixes(issuer).map((prefix) => ({ prefix, render: registrationError })),
  ];
  const rendererOf = (path: string) =>
    renderers.get(path) ?? below.find(({ prefix }) => path.startsWith(prefix))?.render ?? page;

  return {
    routes,
    onError: (thrown, request: HttpRequest) => rendererOf(request.path)(thrown, request),
    regularWork: [
      { service: 'cis2', name: 'expired-sessions', every: round, run: () => ends.endExpired(expiry) },
      { service: 'cis2', name: 'gone-people', every: round, run: () => gone.run() },
      { service: 'cis2', name: 'logout-deliveries', every: round, run: () => deliveries.run() },
      { service: 'cis2', name: 'notices', every: round, run: () => notices.run() },
      { service: 'cis2', name: 'old-deliveries', every: hour, run: () => deliveries.sweep() },
      { service: 'cis2', name: 'old-sessions', every: hour, run: () => sessions.forget() },
    ],
    start() {
      // Made before they are needed, without holding up the start: a new RSA key takes its time.
      background.run(log, 'the signing keys could not be made', async () => {
        await Promise.all([keys.ensure('ES256'), keys.ensure('RS256')]);
        await keys.ensure('PS256');
      });
      background.run(log, 'sessions of ways to sign in that were taken away are still there', () =>
        endTakenAway({ ...deps, authenticators, ends }),
      );
    },
  };
}

/** CIS2, the OpenID provider; in development with a realm beside it in which a password alone signs in. */
export function createCis2(given: Cis2Dependencies): Service {
  const realms = createRealms(given);
  return { ...realms, routes: [...tellingMethods(realms.routes, [consolePrefix]), nothingHereRoute] };
}

function createRealms(given: Cis2Dependencies): Service {
  const main = createRealm(given, healthcareRealm);
  if (!given.development) return main;
  const issuer = `${new URL(given.issuer).origin}${passwordRealm.path}`;
  const discovery = { acr_values_supported: passwordRealm.defaultAcr };
  const { mutualTlsUrl: _, ...rest } = given;
  return withPasswordRealm(main, createRealm({ ...rest, issuer, discovery }, passwordRealm));
}
