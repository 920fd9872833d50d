import type { Endpoint, HttpRequest, Method, Route } from '@alongside/kernel/http';
import type { EarlyRefusal } from '@alongside/kernel/request';
import { Unavailable } from '@alongside/kernel/unavailable';
import { errors } from '../errors.ts';
import type { LegacyDeps } from './index.ts';
import type { LegacySettings } from './settings.ts';

const paths: readonly (readonly [Method, string])[] = [
  ['POST', '/login/authactivate'],
  ['POST', '/login/authvalidate'],
  ['POST', '/login/authlogout'],
  ['GET', '/saml/RoleSelectionGP.jsp'],
  ['GET', '/saml/RoleAssertion'],
  ['POST', '/sessions/:id/legacy-ticket'],
];

const early =
  ({ status: code, reason }: EarlyRefusal) =>
  async (request: HttpRequest) => {
    const { inLegacyForm, inLegacyWords } = await import('./answers.ts');
    if (code !== 503) return inLegacyWords(code, errors.legacyInput('the body is too large'));
    return inLegacyForm(() => Promise.reject(new Unavailable(reason)))(request);
  };

/** The legacy interface, whose XML and CMS are loaded when somebody calls it first. */
export function lazyLegacyRoutes(deps: LegacyDeps, settings: LegacySettings): Route[] {
  let loaded: Promise<Route[]> | undefined;
  const load = () => {
    loaded ??= import('./index.ts').then(({ legacyRoutes }) => legacyRoutes(deps, settings));
    return loaded;
  };
  const endpointOf =
    (method: Method, path: string): Endpoint =>
    async (request) => {
      const routes = await load();
      const route = routes.find((one) => one.path === path && one.methods.includes(method));
      if (!route) throw new Error(`The legacy interface has no ${method} ${path}.`);
      return route.endpoint(request);
    };
  return paths.map(([method, path]) => ({
    methods: [method],
    path,
    endpoint: endpointOf(method, path),
    // The way from today's agent is CIS's own, and speaks JSON.
    ...(path.startsWith('/sessions/') ? {} : { early }),
  }));
}
