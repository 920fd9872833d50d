import { json, text } from '@alongside/kernel/answer';
import type { Method, Route } from '@alongside/kernel/http';
import { NetworkLimit, networkLimits } from '../oauth/network-limit.ts';
import { RemoteKeys } from '../oauth/remote-keys.ts';
import type { Service } from '../service.ts';
import { Clients } from './clients.ts';
import type { MockDependencies } from './dependencies.ts';
import { createCerts, createDiscovery, realmKeySet } from './discovery.ts';
import { realmError } from './error-formats.ts';
import { withApiKey } from './jwks/routes.ts';
import { faultAnswer } from './jwks/faults.ts';
import { createSpelledKeySet } from './jwks/spelled-key-set.ts';
import { createLogout } from './logout.ts';
import { LogoutMessages } from './logout-messages.ts';
import { createPeople } from './people/registry.ts';
import { atRealm, type RealmEndpoint } from './realm-endpoint.ts';
import { RealmKeys } from './realm-keys.ts';
import { MockSessions } from './sessions.ts';
import { platformCallback, testClients } from './settings.ts';
import { createSignIn } from './sign-in/sign-in.ts';
import { createToken } from './token/token.ts';
import { createUserinfo } from './userinfo.ts';

export type { MockDependencies } from './dependencies.ts';
export { AddedCitizens } from './people/added-citizens.ts';
export { RealmKeys } from './realm-keys.ts';
export { mockBasePath, mockNhsLogin } from './settings.ts';

/** Where realms stand; older test code has the second. */
const roots = ['/realms', '/auth/realms'];

const nothing: Service = { routes: [] };

function realmRoutes(deps: MockDependencies): Route[] {
  const { clock, applications, keys, recorder, urls, log, singleUse } = deps;
  const { failures } = deps.networkLimits ?? networkLimits.parse({});
  const clients = new Clients(applications, urls);
  const keySet = realmKeySet(keys, new RealmKeys(deps.database));
  const parts = {
    clock,
    clients,
    people: createPeople(deps),
    sessions: new MockSessions(singleUse),
    singleUse,
    clientKeys: new RemoteKeys(clock, { privateAddresses: true }),
    failures: new NetworkLimit(deps, 'client-authentication', failures),
    keys,
    keySet,
    messages: new LogoutMessages({ clients, keys, clock, recorder, log }),
    recorder,
    urls,
  };
  const route = (methods: Method[], path: string, endpoint: RealmEndpoint): Route[] =>
    roots.map((root) => ({
      methods,
      path: `${root}/:realm${path}`,
      endpoint: atRealm(endpoint, urls.cis2, deps.issuers),
    }));
  const protocol = '/protocol/openid-connect';
  return [
    ...route(['GET'], '/.well-known/openid-configuration', createDiscovery()),
    ...route(['GET', 'POST'], `${protocol}/auth`, createSignIn(parts)),
    ...route(['POST'], `${protocol}/token`, createToken(parts)),
    ...route(['GET', 'POST'], `${protocol}/userinfo`, createUserinfo(parts)),
    ...route(['GET'], `${protocol}/certs`, createCerts(keySet)),
    ...route(['GET', 'POST'], `${protocol}/logout`, createLogout(parts)),
  ];
}

function jwksRoutes(deps: MockDependencies): Route[] {
  const { urls, statusApiKey } = deps;
  const named = ({ clientId, clientSecret }: { clientId: string; clientSecret: string }) => ({
    client_id: clientId,
    client_secret: clientSecret,
    redirect_uri: platformCallback(urls),
  });
  const credentials = { cis2: named(testClients.cis2), 'nhs-login': named(testClients.nhsLogin) };
  return [
    {
      methods: ['GET'],
      path: '/mock-jwks/keycloak-client-credentials',
      endpoint: withApiKey(deps, () => json(200, credentials)),
    },
    {
      methods: ['GET'],
      path: '/mock-jwks/status-endpoint-api-key',
      endpoint: withApiKey(deps, () => text(200, statusApiKey)),
    },
    { methods: ['GET'], path: '/mock-jwks/*', endpoint: createSpelledKeySet() },
  ];
}

/**
 * The mock surface: realms in the shape of the published mock for the CIS2 port, `/mock-jwks` for the port of the platform, so that
 * test code and sign-in helpers that exist run by changing the host. Nothing of it outside development.
 */
export function createMockSurface(deps: MockDependencies): { cis2: Service; api: Service } {
  if (!deps.development) return { cis2: nothing, api: nothing };
  return {
    cis2: { routes: realmRoutes(deps), onError: realmError },
    api: { routes: jwksRoutes(deps), onError: faultAnswer },
  };
}
