import { plainError, type Route } from '@alongside/kernel/http';
import { type Handler, route, withSecrets } from '@alongside/kernel/route';
import type { LegacyEndpoints } from './index.ts';
import type { LegacyDependencies, LegacySettings } from './services.ts';

/** The routes of the legacy interface. The first call loads its XML and CMS. */
export function legacyRoutes(dependencies: LegacyDependencies, settings: LegacySettings): Route[] {
  let loading: Promise<LegacyEndpoints> | undefined;
  const load = (): Promise<LegacyEndpoints> => {
    loading ??= import('./index.ts').then(({ createLegacy }) => createLegacy(dependencies, settings));
    return loading;
  };
  const published = (name: Exclude<keyof LegacyEndpoints, 'makeTicket'>): Handler<unknown> => ({
    endpoint: async (request) => (await load())[name](request),
    errors: async (thrown, request) => (await import('./answers.ts')).legacyError(thrown, request),
    rawQuery: true,
  });
  return [
    ...withSecrets('bodies', [
      ...route('/login/authactivate', { POST: published('activate') }),
      ...route('/login/authvalidate', { POST: published('validate') }),
      ...route('/login/authlogout', { POST: published('signOut') }),
      ...route('/saml/RoleSelectionGP.jsp', { GET: published('chooseRole') }),
      ...route('/saml/RoleAssertion', { GET: published('readAssertion') }),
    ]),
    // For current agents, so it uses JSON.
    ...route('/sessions/:id/legacy-ticket', {
      POST: { endpoint: async (request) => (await load()).makeTicket(request), errors: plainError },
    }),
  ];
}
