import { type Endpoint, type ErrorFormat, everyMethod, type Method, type Route } from './request.ts';
import { methodNotAllowed } from './respond.ts';

type Names<Path extends string> = Path extends `${string}/:${infer Rest}`
  ? Rest extends `${infer Name}/${infer Tail}`
    ? Name | Names<`/${Tail}`>
    : Rest
  : never;

/** The parameters of a path: `{ id: string }` for `/cards/:id`. */
export type ParamsOf<Path extends string> = { readonly [Name in Names<Path>]: string };

/** How a route responds to one method. */
export interface Handler<Params> {
  readonly endpoint: Endpoint<Params>;
  /** Renders the errors of the endpoint, and of requests that are refused before it. */
  readonly errors: ErrorFormat;
  /** Maximum body size in bytes; the listener's limit by default. */
  readonly bodyLimit?: number;
  /** Whether the endpoint checks the percent-encoding of the query itself, in its own order. */
  readonly rawQuery?: boolean;
}

export type Handlers<Params> = Readonly<Partial<Record<Method, Handler<Params>>>>;

/** Returns the handlers of a path with one handler for all methods. */
export const anyMethod = <Params>(handler: Handler<Params>): Handlers<Params> =>
  Object.fromEntries(everyMethod.map((method) => [method, handler]));

/**
 * Returns the routes of one path. A method without a handler is answered with 405 and `Allow`, in the order of the handlers
 * (RFC 9110 section 15.5.6).
 * @param path may have `:name` parts, which the endpoints get decoded in `request.params`, and a `*` at its end
 * @param known full paths that a path with `*` serves, for suggestions
 */
export function route<const Path extends string>(
  path: Path,
  handlers: Handlers<ParamsOf<Path>>,
  known?: readonly string[],
): Route[] {
  const served = Object.keys(handlers) as Method[];
  const others = everyMethod.filter((method) => !served.includes(method));
  const routes = [...new Set(Object.values(handlers))].map(
    (handler): Route => ({
      ...handler,
      endpoint: handler.endpoint as Endpoint,
      methods: served.filter((method) => handlers[method] === handler),
      path,
      ...(known ? { known } : {}),
    }),
  );
  const [first] = routes;
  if (!first || others.length === 0) return routes;
  const answer = methodNotAllowed(served.join(', '));
  return [...routes, { ...first, methods: others, endpoint: async () => answer, isMethodError: true }];
}

/** Removes the 405 responses: another method is 404 then, like an unknown path. */
export const withoutMethodErrors = (routes: readonly Route[]): Route[] =>
  routes.filter(({ isMethodError }) => !isMethodError);

/** Returns the parts of a path between its slashes. */
export const partsOf = (path: string): string[] => path.split('/');

/** Whether one request may match both paths. */
function overlaps(one: readonly string[], other: readonly string[]): boolean {
  return (
    one.length === other.length &&
    one.every((part, place) => {
      const there = other[place] ?? '';
      return part === there || part.startsWith(':') || there.startsWith(':');
    })
  );
}

/** Takes from each 405 response the methods that a route with names serves: `POST /a/:name` also serves `/a/b`. */
export function withoutCoveredMethods(routes: readonly Route[]): Route[] {
  const served = routes
    .filter(({ isMethodError }) => !isMethodError)
    .map(({ path, methods }) => ({ parts: partsOf(path), methods }));
  return routes.flatMap((route) => {
    if (!route.isMethodError) return [route];
    const parts = partsOf(route.path);
    const reached = new Set(
      served.filter((other) => overlaps(parts, other.parts)).flatMap(({ methods }) => methods),
    );
    const methods = route.methods.filter((method) => !reached.has(method));
    return methods.length > 0 ? [{ ...route, methods }] : [];
  });
}

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
