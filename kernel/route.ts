import { noRoute, type Secrets } from './activity.ts';
import { type Endpoint, type ErrorFormat, everyMethod, type Method, type Route } from './request.ts';
import { damaged, decodes, methodNotAllowed, nothingHere, type Responder, refusing } from './respond.ts';

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
  /** Whether the endpoint reads the body itself, from `request.incoming`, and limits its size. */
  readonly readsBody?: boolean;
  /** Whether it waits on purpose, such as a stream of events: its duration is no latency. */
  readonly waits?: boolean;
}

export type Handlers<Params> = Readonly<Partial<Record<Method, Handler<Params>>>>;

export const anyMethod = <Params>(handler: Handler<Params>): Handlers<Params> =>
  Object.fromEntries(everyMethod.map((method) => [method, handler]));

/** Serves GET and HEAD (RFC 9110 section 9.3.2), for pages and documents whose endpoint changes nothing. */
export const readOnly = <Params>(handler: Handler<Params>): Handlers<Params> => ({
  GET: handler,
  HEAD: handler,
});

/**
 * Returns the routes of one path. A method without a handler gets 405 and `Allow`, in the order of the handlers
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

/** Declares what is secret in the requests and responses of routes. */
export const withSecrets = (secrets: Secrets, routes: readonly Route[]): Route[] =>
  routes.map((one) => ({ ...one, secrets }));

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
function withoutCoveredMethods(routes: readonly Route[]): Route[] {
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

const isName = (part: string): boolean => part.startsWith(':');

function decoded(part: string): string {
  try {
    return part.includes('%') ? decodeURIComponent(part) : part;
  } catch {
    // The request is refused before its endpoint.
    return part;
  }
}

/** Returns the decoded `:name` parts of a path. */
export function paramsIn(template: string, path: string): Readonly<Record<string, string>> {
  const parts = partsOf(path);
  const params: Record<string, string> = {};
  for (const [place, part] of partsOf(template).entries())
    if (isName(part)) params[part.slice(1)] = decoded(parts[place] ?? '');
  return params;
}

type ByMethod = Map<string, Route>;

const ofMethod = (routes: ByMethod, method: string | undefined): Route | undefined =>
  method === undefined ? routes.values().next().value : routes.get(method);

/** The routes below one part of a path. At each part, a fixed part precedes a name, and a name precedes `*`. */
class Branch {
  readonly #fixed = new Map<string, Branch>();
  #named: Branch | undefined;
  readonly #here: ByMethod = new Map();
  readonly #rest: ByMethod = new Map();

  add(route: Route, parts: readonly string[] = partsOf(route.path)): void {
    const [part, ...others] = parts;
    if (part !== undefined && part !== '*') {
      this.#below(part).add(route, others);
      return;
    }
    const routes = part === '*' ? this.#rest : this.#here;
    for (const method of route.methods) {
      if (routes.has(method)) throw new Error(`Two routes serve ${method} ${route.path}.`);
      routes.set(method, route);
    }
  }

  /** @param method any if undefined */
  find(parts: readonly string[], method: string | undefined, place = 0): Route | undefined {
    const part = parts[place];
    if (part === undefined) return ofMethod(this.#here, method);
    return (
      this.#fixed.get(part)?.find(parts, method, place + 1) ??
      this.#named?.find(parts, method, place + 1) ??
      ofMethod(this.#rest, method)
    );
  }

  #below(part: string): Branch {
    if (isName(part)) {
      this.#named ??= new Branch();
      return this.#named;
    }
    const branch = this.#fixed.get(part) ?? new Branch();
    this.#fixed.set(part, branch);
    return branch;
  }
}

/** The route of one request, or a substitute for an unknown path, with the parameters of the path. */
export interface FoundRoute {
  readonly route: Responder;
  readonly params: Readonly<Record<string, string>>;
  /** The path of the route, or the known path below its `*`: one of a few, for any request. */
  readonly template: string;
  /** Whether the percent-encoding of the path is damaged. The route refuses the request. */
  readonly isDamaged?: true;
}

const nowhere: FoundRoute = { route: nothingHere, params: {}, template: noRoute };

/** Returns a function that finds the template of a path that a route serves. */
function templateFinder(routes: readonly Route[]): (route: Route, parts: readonly string[]) => string {
  const known = new Map<readonly string[], Branch>();
  for (const { known: paths } of routes) {
    if (!paths || known.has(paths)) continue;
    const branch = new Branch();
    // Operations of one path may call its parameter differently.
    const forms = new Map(paths.map((path) => [path.replaceAll(/:\w+/g, ':'), path]));
    for (const path of forms.values()) branch.add({ path, methods: ['GET'], endpoint: nothingHere.endpoint });
    known.set(paths, branch);
  }
  return ({ path, known: paths }, parts) => (paths && known.get(paths)?.find(parts, undefined)?.path) ?? path;
}

/**
 * Returns a function that finds the route of a request. Fixed parts match in any percent-encoding, except of reserved characters (RFC
 * 3986 section 6.2.2.2).
 */
export function routeFinder(routes: readonly Route[]): (method: string, path: string) => FoundRoute {
  const root = new Branch();
  const templateOf = templateFinder(routes);
  const reachable = withoutCoveredMethods(routes);
  for (const route of reachable) root.add(route);

  function found(method: string, path: string, parts: readonly string[]): FoundRoute {
    const route = root.find(parts, method);
    return route
      ? { route, params: paramsIn(route.path, path), template: templateOf(route, parts) }
      : nowhere;
  }

  /** The matches of paths without parameters, by path and method. */
  const fixed = new Map<string, Map<string, FoundRoute>>();
  for (const { path, known = [] } of reachable)
    for (const each of [path, ...known])
      if (!partsOf(each).some((part) => part === '*' || isName(part))) fixed.set(each, new Map());

  return (method, address) => {
    const here = fixed.get(address);
    const before = here?.get(method);
    if (before) return before;
    // A request target has no fragment; a client that sends one does not mean it.
    const path = address.split('#', 1)[0] ?? '';
    if (!decodes(path)) {
      const route = root.find(partsOf(path), undefined);
      const template = route?.path ?? noRoute;
      return {
        route: refusing(route ?? nothingHere, damaged('path')),
        params: {},
        template,
        isDamaged: true,
      };
    }
    const now = found(method, path, partsOf(path.includes('%') ? decodeURI(path) : path));
    here?.set(method, now);
    return now;
  };
}
