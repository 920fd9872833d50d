import type { Answer } from '@alongside/kernel/answer';
import { type HttpRequest, plainError } from '@alongside/kernel/http';
import type { Service } from '../service.ts';
import { LocalAgent } from './agent.ts';
import { AgentSocket } from './agent-socket.ts';
import { routeOf } from './api/call.ts';
import { apiCalls } from './api/calls.ts';
import { CisDirectory } from './cis-directory.ts';
import type { ConsoleDependencies } from './dependencies.ts';
import { errors } from './errors.ts';
import { namedFaults } from './faults/registry.ts';
import { StoredFaults } from './faults/stored-faults.ts';
import { createGuard, signInChallenge } from './guard.ts';
import { neighbour } from './neighbour.ts';
import { pageRoutes } from './page/page.ts';
import { healthRoutes } from './resources/health.ts';

/** Refusals as JSON; one for want of a sign-in names a way to sign in (RFC 9110 section 11.6.1). */
function refusal(thrown: unknown, request: HttpRequest): Answer {
  const answer = plainError(thrown, request);
  return answer.status === 401 ? answer.with(signInChallenge) : answer;
}

/** The console: what a developer or operator sees and does, as pages and as an API. */
export function createConsole(deps: ConsoleDependencies): Service {
  const { allowedHosts, development, urls, agentSocket } = deps;
  const socket = agentSocket === null ? undefined : new AgentSocket(agentSocket);
  const parts = {
    ...deps,
    cis: new CisDirectory(deps.cis),
    cis2: neighbour({ at: deps.cis2, unreachable: errors.cis2Unreachable, refused: errors.cis2Refused }),
    platform: neighbour({
      at: deps.authorisation,
      unreachable: errors.platformUnreachable,
      refused: errors.platformRefused,
    }),
    agent: new LocalAgent(socket),
    faults: new StoredFaults(deps.settings, namedFaults),
  };
  return {
    routes: [...pageRoutes(parts), ...apiCalls(parts).map(routeOf), ...healthRoutes(parts)],
    before: createGuard({ allowedHosts, development, scheme: new URL(urls.console).protocol }),
    onError: refusal,
    stop: () => socket?.close(),
  };
}
