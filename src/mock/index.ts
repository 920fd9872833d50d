import type { ErrorFormat, Route } from '@alongside/kernel/http';
import { type Handlers, route, withoutMethodErrors, withSecrets } from '@alongside/kernel/route';
import { NetworkLimit, networkLimits } from '../oauth/network-limit.ts';
import { RemoteKeys } from '../oauth/remote-keys.ts';
import { oauthSecrets } from '../oauth/secret-parameters.ts';
import type { Service } from '../service.ts';
import { Clients } from './clients.ts';
import type { MockDependencies } from './dependencies.ts';
import { certs, discovery } from './discovery.ts';
import { bearerError, pageError, tokenError } from './error-formats.ts';
import { keySetRoutes } from './jwks/routes.ts';
import { logout } from './logout.ts';
import { LogoutMessages } from './logout-messages.ts';
import { createPeople } from './people/registry.ts';
import { atRealm, type Mock, type RealmSteps } from './realm-endpoint.ts';
import { RealmKeys, realmKeySet } from './realm-keys.ts';
import { MockSessions } from './sessions.ts';
import { signIn } from './sign-in/sign-in.ts';
import { token } from './token/token.ts';
import { userinfo } from './userinfo.ts';

export type { MockDependencies } from './dependencies.ts';
export { AddedCitizens } from './people/citizens.ts';
export { RealmKeys } from './realm-keys.ts';
export { mockBasePath, mockNhsLogin } from './settings.ts';

/** Roots of the realms. Older test code uses the second. */
const roots = ['/realms', '/auth/realms'];

function realmRoutes(dependencies: MockDependencies): Route[] {
  const { clock, applications, keys, recorder, urls, log, singleUse } = dependencies;
  const { failures } = dependencies.networkLimits ?? networkLimits.parse({});
  const clients = new Clients(applications, urls);
  const mock: Mock = {
    clock,
    clients,
    people: createPeople(dependencies),
    sessions: new MockSessions(singleUse),
    singleUse,
    clientKeys: new RemoteKeys(clock, { privateAddresses: true }),
    failures: new NetworkLimit(dependencies, 'client-authentication', failures),
    keys,
    keySet: realmKeySet(keys, new RealmKeys(dependencies.database)),
    messages: new LogoutMessages({ clients, keys, clock, recorder, log }),
    recorder,
  };
  const at = (list: RealmSteps, errors: ErrorFormat) => ({
    endpoint: atRealm(list, mock, urls.cis2),
    errors,
  });
  const get = (list: RealmSteps, errors = bearerError) => ({ GET: at(list, errors) });
  const post = (list: RealmSteps, errors: ErrorFormat) => ({ POST: at(list, errors) });
  const both = (list: RealmSteps, errors: ErrorFormat) => ({ ...get(list, errors), ...post(list, errors) });
  const endpoints: Readonly<Record<string, Handlers<{ readonly realm: string }>>> = {
    '.well-known/openid-configuration': get(discovery),
    'protocol/openid-connect/auth': both(signIn, pageError),
    'protocol/openid-connect/token': post(token, tokenError),
    'protocol/openid-connect/userinfo': both(userinfo, bearerError),
    'protocol/openid-connect/certs': get(certs),
    'protocol/openid-connect/logout': both(logout, pageError),
  };
  return roots.flatMap((root) =>
    Object.entries(endpoints).flatMap(([path, handlers]) => route(`${root}/:realm/${path}`, handlers)),
  );
}

/**
 * Creates the mock surface in the shape of the published mock: realms for the port of CIS2, `/mock-jwks` for the port of the
 * platform. Existing test code and sign-in helpers run with another host name. Exists only in development.
 */
export function createMockSurface(dependencies: MockDependencies): { cis2: Service; api: Service } {
  const service = (routesOf: (dependencies: MockDependencies) => Route[]): Service => ({
    routes: dependencies.development ? withoutMethodErrors(routesOf(dependencies)) : [],
  });
  return { cis2: service((all) => withSecrets(oauthSecrets, realmRoutes(all))), api: service(keySetRoutes) };
}
