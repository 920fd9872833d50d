import { CookieNames } from '@alongside/kernel/cookies';
import { reasonOf } from '@alongside/kernel/errors';
import type { HttpRequest, Route } from '@alongside/kernel/http';
import { stylesheetRoute } from '@alongside/kernel/layout';
import { paths, sessionEndedPath } from '../cis/protocol.ts';
import { RemoteKeys } from '../oauth/remote-keys.ts';
import { realmPath, type Service } from '../service.ts';
import { Authenticators } from './authenticators/registry.ts';
import { smartcard } from './authenticators/smartcard.ts';
import { createAuthorize } from './authorize/authorize.ts';
import { BrowserMarks } from './browser-marks.ts';
import { CisClient } from './cis-client.ts';
import { Codes } from './codes.ts';
import type { Cis2Dependencies } from './dependencies.ts';
import { createDiscovery, createKeySet, introspectionPath, revocationPath } from './discovery.ts';
import { bearerError, errorPage, serviceError, tokenError } from './error-answers.ts';
import { createExchange } from './hand-off/exchange.ts';
import { HandOffs } from './hand-off/hand-offs.ts';
import { createReturn } from './hand-off/return.ts';
import { createSessionEnded } from './hand-off/session-ended.ts';
import { createFinish } from './interaction/finish.ts';
import { Interactions } from './interaction/interactions.ts';
import { interactionRoutes } from './interaction/pages.ts';
import { Deliveries } from './logout/deliveries.ts';
import { confirmSignOutPath, createConfirmSignOut, createEndSession } from './logout/end-session.ts';
import { SessionEnds } from './logout/session-ends.ts';
import { helpPage, helpPath } from './pages/help.ts';
import { hopScriptRoute } from './pages/hop-script.ts';
import { schemaRoutes } from './schemas.ts';
import { Sessions } from './sessions.ts';
import { privateKeyJwt } from './token/client-authentication/private-key-jwt.ts';
import { secretBasic } from './token/client-authentication/secret-basic.ts';
import { secretPost } from './token/client-authentication/secret-post.ts';
import { authorizationCode } from './token/grants/authorization-code.ts';
import { refreshToken } from './token/grants/refresh-token.ts';
import { createIntrospect } from './token/introspect.ts';
import { TokenIssuer } from './token/issuer.ts';
import { createRevoke } from './token/revoke.ts';
import { Successors } from './token/successors.ts';
import { createToken } from './token/token.ts';
import { createUserinfo } from './userinfo.ts';

export type { Cis2Dependencies } from './dependencies.ts';

/** How often promised deliveries and overdue sessions are looked for, in milliseconds. */
const rounds = 2_000;

/** CIS2, the OpenID provider: its parts put together, and its ways in. */
export function createCis2(given: Cis2Dependencies): Service {
  const deps = { afterSignOut: 'ask' as const, forgeRockClaims: true, assuranceAsNumbers: false, ...given };
  const { clock, database, singleUse, keys, issuer, development, log } = deps;
  const cookies = new CookieNames(new URL(issuer).origin, 'cis2');
  const marks = new BrowserMarks(cookies, deps.vault);
  const cis = new CisClient(deps.cis, log);
  const sessions = new Sessions(database, singleUse, clock, cookies);
  const interactions = new Interactions(singleUse, clock, cookies);
  const codes = new Codes(singleUse, deps.recorder, deps.urls);
  const deliveries = new Deliveries({ ...deps, sessions });
  const ends = new SessionEnds({ ...deps, sessions, deliveries });
  const handOffs = new HandOffs(deps);
  const finish = createFinish({ ...deps, cis, interactions, sessions, ends, codes, marks });

  // Every way to sign in, in the order of the choice page.
  const authenticators = new Authenticators([smartcard({ ...deps, cis, handOffs, marks })]);
  const methods = [
    secretPost(clock),
    secretBasic(clock),
    privateKeyJwt({ ...deps, clientKeys: new RemoteKeys(clock, { privateAddresses: development }) }),
  ];
  const issuing = new TokenIssuer(deps);
  const successors = new Successors(deps);
  const grants = [
    authorizationCode({ ...deps, sessions, codes, cis, issuing }),
    refreshToken({ ...deps, sessions, cis, issuing, successors }),
  ];

  const cisKeys = new RemoteKeys(clock, { privateAddresses: true });
  const parts = {
    ...deps,
    cis,
    sessions,
    ends,
    authenticators,
    codes,
    interactions,
    handOffs,
    finish,
    marks,
  };
  const realm = (path: string) => `${realmPath}${path}`;
  const get = (path: string, endpoint: Route['endpoint']): Route => ({ methods: ['GET'], path, endpoint });
  const post = (path: string, endpoint: Route['endpoint']): Route => ({ methods: ['POST'], path, endpoint });
  const both = (path: string, endpoint: Route['endpoint']): Route => ({
    methods: ['GET', 'POST'],
    path,
    endpoint,
  });

  const routes: Route[] = [
    get(realm('/.well-known/openid-configuration'), createDiscovery(issuer, deps.discovery)),
    get(realm('/connect/jwk_uri'), createKeySet(keys)),
    both(realm('/authorize'), createAuthorize(parts)),
    post(realm('/access_token'), createToken({ ...deps, methods, grants })),
    post(realm(revocationPath), createRevoke({ ...deps, methods })),
    post(realm(introspectionPath), createIntrospect({ ...deps, methods })),
    both(realm('/userinfo'), createUserinfo(parts)),
    both(realm('/connect/endSession'), createEndSession(parts)),
    post(confirmSignOutPath, createConfirmSignOut(parts)),
    post(
      '/agent/exchange',
      createExchange({ ...parts, cisKeys, cisKeysUrl: `${deps.cis.url}${paths.jwks}` }),
    ),
    get('/agent/return', createReturn(parts)),
    post(sessionEndedPath, createSessionEnded(parts)),
    ...interactionRoutes(parts),
    get(helpPath, async () => helpPage(development)),
    ...schemaRoutes(issuer, deps.assuranceAsNumbers),
    hopScriptRoute,
    stylesheetRoute,
  ];

  // What is not named here is seen by people.
  const renderers = new Map([
    [realm('/access_token'), tokenError(development)],
    [realm(revocationPath), tokenError(development)],
    [realm(introspectionPath), tokenError(development)],
    [realm('/userinfo'), bearerError(development)],
    [realm('/connect/jwk_uri'), serviceError(development)],
    ['/agent/exchange', serviceError(development)],
    [sessionEndedPath, serviceError(development)],
  ]);
  const page = errorPage(development);

  let timer: NodeJS.Timeout | undefined;
  const round = async () => {
    await ends.endOverdue();
    await deliveries.run();
  };
  return {
    routes,
    onError: (thrown, request: HttpRequest) => (renderers.get(request.path) ?? page)(thrown, request),
    start() {
      // Made before they are needed, without holding up the start: a new RSA key takes its time.
      Promise.all([keys.ensure('ES256'), keys.ensure('RS256')]).catch((error) =>
        log.error({ reason: reasonOf(error) }, 'the signing keys could not be made'),
      );
      timer = setInterval(
        () =>
          round().catch((error) => log.error({ reason: reasonOf(error) }, 'a round of deliveries failed')),
        rounds,
      );
      timer.unref();
    },
    async stop() {
      clearInterval(timer);
      await deliveries.settled();
    },
  };
}
