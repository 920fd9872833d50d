import type { Route } from '@alongside/kernel/http';
import type { Service } from '../../service.ts';
import { passwordRealm } from './realm.ts';

const isInteraction = ({ path }: Route): boolean => path.startsWith('/interaction/');
const keyOf = ({ methods, path }: Route): string => `${methods.join()} ${path}`;
const isItsOwn = (path: string): boolean =>
  path.startsWith(`${passwordRealm.path}/`) || path.startsWith(`/interaction/${passwordRealm.mark}`);

/**
 * Adds the password realm to the other realm on one origin. Its endpoints have separate paths. The realms share the paths of
 * their pages; the prefix of the interaction id distinguishes them.
 */
export function withPasswordRealm(main: Service, password: Service): Service {
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
