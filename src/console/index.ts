import type { Service } from '../service.ts';
import { LocalAgent } from './agent.ts';
import { AgentSocket } from './agent-socket.ts';
import { routeOf } from './api/call.ts';
import { apiCalls } from './api/calls.ts';
import { CisDirectory } from './cis-directory.ts';
import type { ConsoleDependencies } from './dependencies.ts';
import { namedFaults } from './faults/registry.ts';
import { StoredFaults } from './faults/stored-faults.ts';
import { createGuard } from './guard.ts';
import { pageRoutes } from './page/page.ts';
import { healthRoutes } from './resources/health.ts';

/** The console: what a developer or operator sees and does, as pages and as an API. */
export function createConsole(deps: ConsoleDependencies): Service {
  const { allowedHosts, development, urls, agentSocket } = deps;
  const socket = agentSocket === null ? undefined : new AgentSocket(agentSocket);
  const parts = {
    ...deps,
    cis: new CisDirectory(deps.cis),
    agent: new LocalAgent(socket),
    faults: new StoredFaults(deps.settings, namedFaults),
  };
  return {
    routes: [...pageRoutes(parts), ...apiCalls(parts).map(routeOf), ...healthRoutes(parts)],
    before: createGuard({ allowedHosts, development, scheme: new URL(urls.console).protocol }),
    stop: () => socket?.close(),
  };
}
