import type { Route } from '@alongside/kernel/http';
import type { Service } from '../service.ts';
import type { Cis2Dependencies } from './dependencies.ts';
import { createRealm } from './realms/create-realm.ts';
import { healthcareRealm, passwordRealm } from './realms/realm.ts';
import { unknownPathRoutes } from './responses/error-answers.ts';

export type { Cis2Dependencies } from './dependencies.ts';

/** CIS2, the OpenID provider. Development has a second realm, with a password as the only authenticator. */
export function createCis2(given: Cis2Dependencies): Service {
  const realms = createRealms(given);
  return { ...realms, routes: [...realms.routes, ...unknownPathRoutes(given.development)] };
}

function createRealms(given: Cis2Dependencies): Service {
  const main = createRealm(given, healthcareRealm);
  if (!given.development) return main;
  const issuer = `${new URL(given.issuer).origin}${passwordRealm.path}`;
  const { mutualTlsUrl: _, discovery: __, ...rest } = given;
  return withPasswordRealm(main, createRealm({ ...rest, issuer }, passwordRealm));
}

const isInteraction = ({ path }: Route): boolean => path.startsWith('/interaction/');
const keyOf = ({ methods, path }: Route): string => `${methods.join()} ${path}`;
const isItsOwn = (path: string): boolean =>
  path.startsWith(`${passwordRealm.path}/`) || path.startsWith(`/interaction/${passwordRealm.mark}`);

/**
 * Adds the password realm to the other realm on one origin. Its endpoints have separate paths. The realms share the paths of
 * their pages; the prefix of the interaction id distinguishes them.
 */
function withPasswordRealm(main: Service, password: Service): Service {
  const pages = new Map(password.routes.filter(isInteraction).map((route) => [keyOf(route), route.endpoint]));
  const shared = main.routes.map((route): Route => {
    const other = pages.get(keyOf(route));
    if (!other) return route;
    return {
      ...route,
      endpoint: (request) => (isItsOwn(request.path) ? other : route.endpoint)(request),
    };
  });
  return {
    ...main,
    routes: [...shared, ...password.routes.filter(({ path }) => path.startsWith(`${passwordRealm.path}/`))],
    async stop() {
      await main.stop?.();
      await password.stop?.();
    },
  };
}
