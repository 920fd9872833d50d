import type { Answer } from '@alongside/kernel/answer';
import { everyMethod, type HttpRequest, plainError, type Route } from '@alongside/kernel/http';
import { anyPeerUser } from '@alongside/kernel/peer-user';
import type { Service } from '../service.ts';
import { Faults } from '../storage/faults.ts';
import { currentActor } from './administrators/actor.ts';
import { createAdmission } from './administrators/index.ts';
import { LocalAgent } from './agent.ts';
import { AgentSocket } from './agent-socket.ts';
import { routeOf } from './api/call.ts';
import { apiCalls } from './api/calls.ts';
import { CisDirectory } from './cis-directory.ts';
import type { ConsoleDependencies } from './dependencies.ts';
import { errors } from './errors.ts';
import { createGuard, signInChallenge } from './guard.ts';
import { neighbour } from './neighbour.ts';
import { assetRoutes, pageRoutes } from './page/page.ts';

/** Refusals as JSON; one for want of a sign-in names a way to sign in (RFC 9110 section 11.6.1). */
function refusal(thrown: unknown, request: HttpRequest): Answer {
  const answer = plainError(thrown, request);
  return answer.status === 401 ? answer.with(signInChallenge) : answer;
}

/** Below the API there is nothing else, for those who may know it; in development any server's answer does. */
const nothingElse: Route[] = ['/api', '/api/*'].map((path) => ({
  methods: everyMethod,
  path,
  endpoint: async () => {
    throw errors.callUnknown();
  },
}));

/** The console: what a developer or operator sees and does, as pages and as an API. In production, only administrators. */
export function createConsole(deps: ConsoleDependencies): Service {
  const { allowedHosts, development, urls, agentSocket, database, clock, operatorHash } = deps;
  if (new Set(deps.namedFaults.map(({ name }) => name)).size !== deps.namedFaults.length)
    throw new Error('Two faults have the same name.');
  const socket = agentSocket === null ? undefined : new AgentSocket(agentSocket);
  const audit = deps.audit.actedBy(currentActor);
  const parts = {
    ...deps,
    audit,
    cis: new CisDirectory(deps.cis),
    cis2: neighbour({ at: deps.cis2, unreachable: errors.cis2Unreachable, refused: errors.cis2Refused }),
    platform: neighbour({
      at: deps.authorisation,
      unreachable: errors.platformUnreachable,
      refused: errors.platformRefused,
    }),
    agent: new LocalAgent(socket),
    faults: new Faults(deps.settings),
  };
  const calls = apiCalls(parts).map(routeOf);
  const { admission, routes } = createAdmission({
    database,
    clock,
    audit,
    urls,
    operatorHash,
    networkLimits: deps.networkLimits,
  });
  return {
    routes: development
      ? [...pageRoutes(parts), ...calls, ...assetRoutes]
      : [
          ...pageRoutes(parts, admission),
          ...[...calls, ...nothingElse].map(admission.guarded),
          ...routes,
          ...assetRoutes,
        ],
    before: createGuard({
      allowedHosts,
      scheme: new URL(urls.console).protocol,
      peerUser: development ? deps.peerUser : anyPeerUser,
    }),
    onError: refusal,
    stop: () => socket?.close(),
  };
}
