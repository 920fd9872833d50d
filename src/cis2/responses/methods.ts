import { everyMethod, type Method, type Route } from '@alongside/kernel/http';
import { methodNotAllowed } from '@alongside/kernel/respond';

const partsOf = (path: string): string[] => path.split('/');

/** Whether one request may fit both paths. */
function overlap(one: string, other: string): boolean {
  const [here, there] = [partsOf(one), partsOf(other)];
  for (let place = 0; place < Math.max(here.length, there.length); place++) {
    const [left, right] = [here[place], there[place]];
    if (left === '*' || right === '*') return true;
    if (left === undefined || right === undefined) return false;
    if (left !== right && !left.startsWith(':') && !right.startsWith(':')) return false;
  }
  return true;
}

const notAllowed = (allow: string): Route['endpoint'] => {
  const answer = methodNotAllowed(allow, { 'cache-control': 'no-store' });
  return async () => answer;
};

/**
 * A service's routes, and beside them for each path what tells every other method which there are (RFC 9110 section 15.5.6).
 * @param except prefixes of paths at which it is 404 as before, such as what is missing outside development.
 */
export function tellingMethods(routes: readonly Route[], except: readonly string[] = []): Route[] {
  const told: Route[] = [];
  for (const path of new Set(routes.map((route) => route.path))) {
    if (except.some((prefix) => path.startsWith(prefix))) continue;
    const allowed = new Set(routes.filter((route) => route.path === path).flatMap(({ methods }) => methods));
    const reached = new Set(
      routes.filter((route) => overlap(route.path, path)).flatMap(({ methods }) => methods),
    );
    const methods: Method[] = everyMethod.filter((method) => !reached.has(method));
    if (methods.length > 0) told.push({ methods, path, endpoint: notAllowed([...allowed].join(', ')) });
  }
  return [...routes, ...told];
}
