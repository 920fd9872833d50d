import type { Answer } from '@alongside/kernel/answer';
import { type HttpRequest, plainError, type Route } from '@alongside/kernel/http';
import { anyPeerUser } from '@alongside/kernel/peer-user';
import { anyMethod, route } from '@alongside/kernel/route';
import type { Service } from '../service.ts';
import { Faults } from '../storage/faults.ts';
import {
  type Admission,
  admitAll,
  currentActor,
  currentCaller,
  currentOrganisations,
} from './model/administrators/admission.ts';
import { AdmittedJourneys } from './model/administrators/journeys.ts';
import { everyRole } from './model/administrators/roles.ts';
import { LocalAgent } from './model/agent.ts';
import { AgentSocket } from './model/agent-socket.ts';
import { Approvals } from './model/approvals.ts';
import { Changes } from './model/changes.ts';
import type { ConsoleContext, ConsoleDependencies } from './model/dependencies.ts';
import { ScopedDirectory } from './model/directory/scoped.ts';
import { ScopedProvider } from './model/directory/scoped-provider.ts';
import { errors } from './model/errors.ts';
import { Neighbour } from './model/neighbour.ts';
import { OpenedJourneys } from './model/opened-journeys.ts';
import { routesOf } from './service/api/call.ts';
import { createGuard, signInChallenge } from './service/guard.ts';
import { apiCalls } from './service/registry.ts';
import { withMarkup } from './web/markup.ts';
import { assetRoutes, pageRoutes } from './web/routes.ts';
import { createAdmission } from './web/sign-in/routes.ts';

/** Renders a refusal as JSON; a 401 with its challenge (RFC 9110 section 11.6.1). */
function renderRefusal(thrown: unknown, request: HttpRequest): Answer {
  const answer = plainError(thrown, request);
  return answer.status === 401 ? answer.with(signInChallenge) : answer;
}

/** Unknown calls in production, where only an admitted caller learns that a call is unknown. */
const unknownCalls = (admission: Admission): Route[] =>
  ['/api', '/api/*'].flatMap((path) =>
    route(
      path,
      anyMethod({
        endpoint: admission.admit(
          async () => {
            throw errors.callUnknown('a call of development');
          },
          { roles: everyRole },
        ),
        errors: renderRefusal,
      }),
    ),
  );

/** Creates the console: its pages and its API. In production only administrators may use it. */
export function createConsole(dependencies: ConsoleDependencies): Service {
  const { allowedHosts, development, urls, agentSocket, namedFaults, peerUser } = dependencies;
  if (new Set(namedFaults.map(({ name }) => name)).size !== namedFaults.length)
    throw new Error('Two faults have the same name.');
  const socket = agentSocket === null ? undefined : new AgentSocket(agentSocket);
  const changes = new Changes();
  const { audit, clock, database } = dependencies;
  const openedJourneys = new OpenedJourneys(dependencies.journeys, database, clock);
  const unfollow = changes.follow(dependencies.listenEvents, dependencies.database);
  const ownAudit = audit.actedBy(currentActor);
  const approvals = new Approvals(database, clock, ownAudit, changes);
  const cis = new ScopedDirectory(dependencies.cis, {
    caller: currentCaller,
    codes: currentOrganisations,
    approvals,
  });
  const console: ConsoleContext = {
    ...dependencies,
    changes,
    openedJourneys,
    journeys: new AdmittedJourneys(openedJourneys, audit, clock, currentCaller),
    audit: ownAudit,
    approvals,
    cis,
    cis2: new ScopedProvider(dependencies.cis2, cis, currentOrganisations),
    platform: new Neighbour({
      address: dependencies.authorisation,
      unreachable: errors.platformUnreachable,
      refused: errors.platformRefused,
    }),
    agent: new LocalAgent(socket),
    faults: new Faults(dependencies.settings),
  };
  const production = development ? undefined : createAdmission(console, renderRefusal);
  const admit = production?.admission.admit ?? admitAll;
  return {
    routes: [
      ...pageRoutes(console, production?.admission, renderRefusal),
      ...apiCalls(console).flatMap((call) => routesOf(withMarkup(call), admit, renderRefusal, changes)),
      ...(production ? [...unknownCalls(production.admission), ...production.routes] : []),
      ...assetRoutes,
    ],
    before: createGuard({
      allowedHosts,
      scheme: new URL(urls.console).protocol,
      peerUser: development ? peerUser : anyPeerUser,
    }),
    stop: () => {
      unfollow();
      socket?.close();
    },
  };
}
