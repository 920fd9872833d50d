import type { Route } from '@alongside/kernel/http';
import { stylesheetRoutes } from '@alongside/kernel/layout';
import { route } from '@alongside/kernel/route';
import type { Service } from '../../service.ts';
import { administrationRoutes } from '../administration/routes.ts';
import { createAuthenticators } from '../authenticators/registry.ts';
import type { Cis2Dependencies } from '../dependencies.ts';
import { Enrolments } from '../enrolment/enrolment.ts';
import { enrolmentRoutes } from '../enrolment/routes.ts';
import { openIdRoutes } from '../openid/routes.ts';
import { helpPage, helpPath } from '../pages/help.ts';
import { onceScriptRoutes } from '../pages/script-route.ts';
import { registrationRoutes } from '../registration/routes.ts';
import { errorPage } from '../responses/error-answers.ts';
import { sessionEndedRoute } from '../sessions/session-ended.ts';
import { Authenticators } from '../sign-in/authenticators.ts';
import { hopScriptRoutes } from '../sign-in/pages/window.ts';
import { interactionRoutes } from '../sign-in/routes.ts';
import { regularWork, startWork } from './background-work.ts';
import { createParts } from './parts.ts';
import type { Realm } from './realm.ts';

/** Creates one realm: its routes and its regular work. */
export function createRealm(given: Cis2Dependencies, realm: Realm): Service {
  const shared = createParts(given, realm);
  const created = createAuthenticators(shared, realm.passwordOnly);
  const parts = {
    ...shared,
    authenticators: new Authenticators(created.authenticators),
    enrolments: new Enrolments(created.enrolments),
  };
  const { development } = parts;
  const errors = errorPage(development);
  const routes: Route[] = [
    ...openIdRoutes(parts),
    ...sessionEndedRoute(parts),
    ...interactionRoutes(parts),
    ...enrolmentRoutes(parts),
    ...created.routes,
    ...administrationRoutes(parts),
    ...registrationRoutes(parts),
    ...route(helpPath, { GET: { endpoint: async () => helpPage(development), errors } }),
    ...hopScriptRoutes,
    ...onceScriptRoutes,
    ...stylesheetRoutes,
  ];
  return {
    routes,
    regularWork: regularWork(parts),
    start: () => startWork(parts),
  };
}
