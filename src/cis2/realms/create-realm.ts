import type { HttpRequest, Route } from '@alongside/kernel/http';
import { stylesheetRoute } from '@alongside/kernel/layout';
import { sessionEndedPath } from '../../cis/protocol.ts';
import type { Service } from '../../service.ts';
import { administrationRoutes } from '../administration/routes.ts';
import { createAuthenticators } from '../authenticators/registry.ts';
import type { Cis2Dependencies } from '../dependencies.ts';
import { Enrolments } from '../enrolment/enrolment.ts';
import { enrolmentRoutes } from '../enrolment/routes.ts';
import { openIdRoutes } from '../openid/routes.ts';
import { helpPage, helpPath } from '../pages/help.ts';
import { onceScriptRoute } from '../pages/once-script.ts';
import { consolePrefix } from '../protocol.ts';
import { registrationPrefixes, registrationRoutes } from '../registration/routes.ts';
import {
  errorPage,
  type Render,
  type RenderedRoutes,
  registrationError,
  serviceError,
} from '../responses/error-answers.ts';
import { createSessionEnded } from '../sessions/session-ended.ts';
import { Authenticators } from '../sign-in/authenticators.ts';
import { hopScriptRoute } from '../sign-in/pages/hop-script.ts';
import { interactionRoutes } from '../sign-in/routes.ts';
import { regularWork, startWork } from './background-work.ts';
import { createParts } from './parts.ts';
import type { Realm } from './realm.ts';

/** Finds the renderer of a path: that of its route, that of a prefix, or the page. */
function rendererOf(
  groups: readonly RenderedRoutes[],
  prefixes: readonly (readonly [string, Render])[],
  page: Render,
) {
  const byPath = new Map(
    groups.flatMap(({ render, routes }) => routes.map(({ path }) => [path, render] as const)),
  );
  return ({ path }: HttpRequest): Render =>
    byPath.get(path) ?? prefixes.find(([prefix]) => path.startsWith(prefix))?.[1] ?? page;
}

/** Creates one realm: its routes, the renderers of their errors, and its regular work. */
export function createRealm(given: Cis2Dependencies, realm: Realm): Service {
  const shared = createParts(given, realm);
  const created = createAuthenticators(shared, realm.passwordOnly);
  const parts = {
    ...shared,
    authenticators: new Authenticators(created.authenticators),
    enrolments: new Enrolments(created.enrolments),
  };
  const sessionEnded: Route = {
    methods: ['POST'],
    path: sessionEndedPath,
    endpoint: createSessionEnded(parts),
  };
  const help: Route = { methods: ['GET'], path: helpPath, endpoint: async () => helpPage(parts.development) };
  const groups: RenderedRoutes[] = [
    ...openIdRoutes(parts),
    { render: serviceError, routes: [sessionEnded, ...created.services] },
  ];
  const routes: Route[] = [
    ...groups.flatMap((group) => group.routes),
    ...interactionRoutes(parts),
    ...enrolmentRoutes(parts),
    ...created.pages,
    ...administrationRoutes(parts),
    ...registrationRoutes(parts),
    help,
    hopScriptRoute,
    onceScriptRoute,
    stylesheetRoute,
  ];
  const prefixes = [
    [consolePrefix, serviceError] as const,
    ...registrationPrefixes(parts.issuer).map((prefix) => [prefix, registrationError] as const),
  ];
  const render = rendererOf(groups, prefixes, errorPage(parts.development));
  return {
    routes,
    onError: (thrown, request) => render(request)(thrown, request),
    regularWork: regularWork(parts),
    start: () => startWork(parts),
  };
}
