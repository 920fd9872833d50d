import type { Route } from './request.ts';
import { partsOf, withoutCoveredMethods } from './route.ts';

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);

const patternOf = (path: string): RegExp =>
  new RegExp(
    `^${partsOf(path)
      .map((part) => (part === '*' ? '.*' : part.startsWith(':') ? '[^/]*' : escaped(part)))
      .join('/')}$`,
  );

const isFixed = (path: string): boolean => !partsOf(path).some((part) => part === '*' || part[0] === ':');

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    // The request is refused before its endpoint.
    return part;
  }
}

/** Returns the decoded `:name` parts of a path. */
export function paramsIn(template: string, path: string): Readonly<Record<string, string>> {
  const parts = partsOf(path);
  return Object.fromEntries(
    partsOf(template).flatMap((part, place) =>
      part.startsWith(':') ? [[part.slice(1), decoded(parts[place] ?? '')]] : [],
    ),
  );
}

/** A route with the parameters of one request. */
export interface FoundRoute {
  route: Route;
  params: Readonly<Record<string, string>>;
}

/**
 * Returns a function that finds the route of a request as a listener does; of a path with any method if the method is undefined.
 * It compares the fixed parts of a path without decoding them.
 */
export function routeFinder(
  routes: readonly Route[],
): (method: string | undefined, path: string) => FoundRoute | undefined {
  const reachable = withoutCoveredMethods(routes);
  const fixed = reachable.filter(({ path }) => isFixed(path));
  const patterns = reachable
    .filter(({ path }) => !isFixed(path))
    .map((route) => ({ route, pattern: patternOf(route.path) }));
  return (method, path) => {
    const serves = ({ methods }: Route): boolean =>
      method === undefined || (methods as readonly string[]).includes(method);
    const here = fixed.find((route) => route.path === path && serves(route));
    if (here) return { route: here, params: {} };
    const route = patterns.find(({ route, pattern }) => serves(route) && pattern.test(path))?.route;
    return route && { route, params: paramsIn(route.path, path) };
  };
}
