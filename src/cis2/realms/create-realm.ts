import { programRoutes } from '@alongside/kernel/assets';
import type { Route } from '@alongside/kernel/http';
import { stylesheetRoutes } from '@alongside/kernel/layout';
import { readOnly, route, withSecrets } from '@alongside/kernel/route';
import { oauthSecrets } from '../../oauth/secret-parameters.ts';
import type { RegularTask, Service } from '../../service.ts';
import { administrationRoutes } from '../administration/routes.ts';
import { createAuthenticators } from '../authenticators/registry.ts';
import type { Cis2Dependencies } from '../dependencies.ts';
import { Enrolments } from '../enrolment/enrolment.ts';
import { enrolmentRoutes } from '../enrolment/routes.ts';
import { openIdRoutes } from '../openid/routes.ts';
import { programs } from '../programs.ts';
import { registrationRoutes } from '../registration/routes.ts';
import { errorPage } from '../responses/error-answers.ts';
import { DirectoryFollower } from '../sessions/directory-follower.ts';
import { Expiry } from '../sessions/expiry.ts';
import { sessionEndedRoute } from '../sessions/session-ended.ts';
import { Authenticators } from '../sign-in/authenticator.ts';
import { helpPage, helpPath } from '../sign-in/pages/choice.ts';
import { endSessionsOfRemovedAuthenticators } from '../sign-in/removed-authenticators.ts';
import { interactionRoutes } from '../sign-in/routes.ts';
import { createParts, type RealmParts } from './parts.ts';
import type { Realm } from './realm.ts';

/** Milliseconds between two runs. */
const often = 2_000;
const hour = 3_600_000;

/** Ends sessions, sends what is due and removes old records. */
function regularWork(parts: RealmParts): RegularTask[] {
  const { ends, sessions, deliveries, notices } = parts;
  const expiry = new Expiry(parts);
  const follower = new DirectoryFollower(parts);
  return [
    { service: 'cis2', name: 'expired-sessions', every: often, run: () => ends.endExpired(expiry) },
    { service: 'cis2', name: 'gone-people', every: often, run: () => follower.run() },
    { service: 'cis2', name: 'logout-deliveries', every: often, run: () => deliveries.run() },
    { service: 'cis2', name: 'notices', every: often, run: () => notices.run() },
    { service: 'cis2', name: 'old-deliveries', every: hour, run: () => deliveries.sweep() },
    { service: 'cis2', name: 'old-notices', every: hour, run: () => notices.sweep() },
    { service: 'cis2', name: 'old-sessions', every: hour, run: () => sessions.forget() },
  ];
}

/** Starts the work that must not delay the start. */
function startWork(parts: RealmParts & { authenticators: Authenticators }): void {
  const { background, log, keys } = parts;
  // Making an RSA key takes seconds.
  background.run(log, 'the signing keys could not be made', async () => {
    await Promise.all([keys.ensure('ES256'), keys.ensure('RS256')]);
    await keys.ensure('PS256');
  });
  background.run(log, 'the sessions of removed authenticators could not be ended', () =>
    endSessionsOfRemovedAuthenticators(parts),
  );
}

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
    ...withSecrets(oauthSecrets, [...openIdRoutes(parts), ...registrationRoutes(parts)]),
    ...sessionEndedRoute(parts),
    ...interactionRoutes(parts),
    ...enrolmentRoutes(parts),
    ...created.routes,
    ...administrationRoutes(parts),
    ...route(helpPath, readOnly({ endpoint: async () => helpPage(development), errors })),
    ...programRoutes(programs),
    ...stylesheetRoutes,
  ];
  return {
    routes,
    regularWork: regularWork(parts),
    start: () => startWork(parts),
  };
}
