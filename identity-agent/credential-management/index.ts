import type { Answer } from '@alongside/kernel/answer';
import type { Clock } from '@alongside/kernel/clock';
import { reasonOf } from '@alongside/kernel/errors';
import type { HttpRequest, Route } from '@alongside/kernel/http';
import type { Log } from '@alongside/kernel/log';
import { peerUserOf } from '@alongside/kernel/peer-user';
import type { RefusalRecorder } from '@alongside/kernel/refusals';
import { plainError } from '@alongside/kernel/respond';
import { route, withoutMethodErrors } from '@alongside/kernel/route';
import { steps } from '@alongside/kernel/steps';
import { errors } from '../errors.ts';
import { allowedHosts, checkHost, secured } from '../handoff/guard.ts';
import { type AgentListener, createAgentListener } from '../listener.ts';
import type { Agent } from '../session/agent.ts';
import { SignalrConnections } from './connections.ts';
import { allowedOrigins, allowedPreflight } from './origins.ts';
import { connectPortService, getPortNumber } from './port-redirection.ts';
import { signalrRequests } from './signalr.ts';
import { checkOrigin, readable, type Wire, type WireCall } from './wire-call.ts';

/** The published ports. A page asks all of them. */
const publishedPorts: readonly number[] = [43_487, 44_213, 45_031, 46_478, 48_853];

/** TCP connections of one port at once; a browser opens six. */
const maxSockets = 64;

export interface CredentialManagementOptions {
  agent: Agent;
  clock: Clock;
  log: Log;
  development: boolean;
  refusals?: RefusalRecorder | undefined;
  /** Origins of the pages that may use it. In development, pages of this machine may in any case. */
  origins: readonly string[];
  checkPeerUser: boolean;
  /** The published ones by default; others for tests. */
  ports?: readonly number[] | undefined;
  /** Milliseconds in which the user answers. */
  answerTimeout?: number | undefined;
}

/** Credential Management: pages of this user's browser have documents signed by the smartcard. */
export interface CredentialManagement {
  /** The ports that it listens on. */
  readonly ports: readonly number[];
  stop(): Promise<void>;
}

const preflight = steps<WireCall>('identity-agent.signing-preflight')
  .step(checkOrigin)
  .step(({ request }) => allowedPreflight(request));

const nothingThere = async (): Promise<Answer> => {
  throw errors.notFound('no such path or method');
};

/** The routes of one port. Bodies are read by the requests that need one, after the page was checked. */
function routesOf(wire: Wire, port: number, checksPeerUser: boolean): Route[] {
  const origin = `http://127.0.0.1:${port}`;
  const guard = {
    origin,
    caller: origin,
    strictNavigation: false,
    peerUser: peerUserOf(origin, checksPeerUser),
  };
  const endpoint = (run: (call: WireCall) => Promise<Answer>) => async (request: HttpRequest) =>
    secured(await readable(run, { request, guard, wire, port }));
  const handler = (run: (call: WireCall) => Promise<Answer>) => ({
    endpoint: endpoint(run),
    errors: plainError,
    readsBody: true,
  });
  const options = handler((call) => preflight.run(call));
  const all = [
    ['GET', '/PRS/GetPortNumber', getPortNumber],
    ['GET', '/PRS/ConnectPRService', connectPortService],
    ...signalrRequests,
  ] as const;
  return withoutMethodErrors([
    ...all.flatMap(([method, path, run]) => route(path, { [method]: handler(run), OPTIONS: options })),
    ...route('/*', { GET: { endpoint: nothingThere, errors: plainError, readsBody: true } }),
  ]);
}

/** Listens on a port. @throws Error if it is in use, also by another user of this machine */
async function listen(
  wire: Wire,
  port: number,
  options: CredentialManagementOptions,
): Promise<AgentListener> {
  const { log, refusals, checkPeerUser } = options;
  const hosts = allowedHosts(`http://127.0.0.1:${port}`);
  const listener = createAgentListener(routesOf(wire, port, checkPeerUser), {
    name: 'credential-management',
    served: {
      service: 'Credential Management',
      inUse: 'A page finds it at another of its ports.',
      refused: 'A page finds it at another of its ports.',
    },
    log,
    refusals,
    development: options.development,
    connections: maxSockets,
    before(request) {
      checkHost(request, hosts);
      return undefined;
    },
  });
  await listener.listen(port);
  return listener;
}

/** Starts Credential Management on the ports that are free. Never rejects: without a port it says so in the log. */
export async function startCredentialManagement(
  options: CredentialManagementOptions,
): Promise<CredentialManagement> {
  const { agent, clock, log, answerTimeout } = options;
  const wire: Wire = {
    agent,
    clock,
    connections: new SignalrConnections(clock),
    isAllowed: allowedOrigins(options.origins, options.development),
    answerTimeout,
    isStopping: false,
  };
  const taken: { port: number; listener: AgentListener }[] = [];
  const missing: string[] = [];
  for (const port of options.ports ?? publishedPorts) {
    try {
      taken.push({ port, listener: await listen(wire, port, options) });
    } catch (error) {
      missing.push(`${port}: ${reasonOf(error)}`);
    }
  }
  const ports = taken.map(({ port }) => port);
  if (missing.length > 0) log.warn({ missing }, 'ports of Credential Management are not available');
  log.info(
    { ports },
    ports.length > 0 ? 'Credential Management is ready' : 'Credential Management has no port',
  );
  return {
    ports,
    async stop() {
      wire.isStopping = true;
      wire.connections.close();
      await Promise.all(taken.map(({ listener }) => listener.close()));
    },
  };
}
