import { type Endpoint, plainError, type Route } from '@alongside/kernel/http';
import { type Handler, route } from '@alongside/kernel/route';
import type { LegacyDependencies, LegacyEndpoints, LegacySettings } from './index.ts';

/** The routes of the legacy interface. The first call loads its XML and CMS. */
export function legacyRoutes(dependencies: LegacyDependencies, settings: LegacySettings): Route[] {
  let loading: Promise<LegacyEndpoints> | undefined;
  const endpoint =
    (name: keyof LegacyEndpoints): Endpoint =>
    async (request) => {
      loading ??= import('./index.ts').then(({ createLegacy }) => createLegacy(dependencies, settings));
      return (await loading)[name](request);
    };
  const published = (name: keyof LegacyEndpoints): Handler<unknown> => ({
    endpoint: endpoint(name),
    errors: async (thrown, request) => (await import('./answers.ts')).legacyError(thrown, request),
    rawQuery: true,
  });
  return [
    ...route('/login/authactivate', { POST: published('activate') }),
    ...route('/login/authvalidate', { POST: published('validate') }),
    ...route('/login/authlogout', { POST: published('signOut') }),
    ...route('/saml/RoleSelectionGP.jsp', { GET: published('chooseRole') }),
    ...route('/saml/RoleAssertion', { GET: published('readAssertion') }),
    // For current agents, so it uses JSON.
    ...route('/sessions/:id/legacy-ticket', {
      POST: { endpoint: endpoint('makeTicket'), errors: plainError },
    }),
  ];
}
