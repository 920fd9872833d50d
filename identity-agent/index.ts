import { join } from 'node:path';
import type { Answer } from '@alongside/kernel/answer';
import type { Clock } from '@alongside/kernel/clock';
import type { Recorder } from '@alongside/kernel/events';
import type { HttpRequest, Route } from '@alongside/kernel/http';
import type { ServiceHere } from '@alongside/kernel/in-process';
import type { Log } from '@alongside/kernel/log';
import { peerUserOf } from '@alongside/kernel/peer-user';
import { portOwnersOf } from '@alongside/kernel/port-owner';
import type { RefusalRecorder } from '@alongside/kernel/refusals';
import type { Generation, SessionMode } from '../src/cis/protocol.ts';
import type { CardSeed } from './card/card-record.ts';
import { seededCards } from './card/seed.ts';
import type { CardSettings } from './card/transports.ts';
import { signaturePath } from './credential-management/consent.ts';
import type { CredentialManagement } from './credential-management/index.ts';
import { openCards } from './desk-cards.ts';
import { createBrowserSide } from './handoff/routes.ts';
import { UsedRequests } from './handoff/used-requests.ts';
import type { AgentConfiguration } from './protocol.ts';
import type { ReaderPort } from './reader-port.ts';
import type { RecentRefusals } from './recent-refusals.ts';
import { signInPath } from './self-service/routes.ts';
import { Servers } from './server-call.ts';
import { Agent } from './session/agent.ts';
import { agentKey } from './session/agent-key.ts';
import { CisClient } from './session/cis-client.ts';
import { defaultTimers, type Timers } from './session/modes.ts';
import { QuestionNotice } from './session/question-notice.ts';
import { FreshStart, Presence, RegularWork } from './session/regular-work.ts';
import { agentVersion } from './session/status.ts';
import { apiMethods } from './socket/api-methods.ts';
import { cardMethods, slotMethods } from './socket/card-methods.ts';
import { deskMethods } from './socket/desk-methods.ts';
import { developmentMethods } from './socket/development-methods.ts';
import { SocketServer } from './socket/server.ts';
import { ticketMethods } from './socket/ticket-methods.ts';

export interface IdentityAgentOptions {
  clock: Clock;
  recorder: Recorder;
  /** Stores the events of a call on the local socket before its response. */
  flush?: () => Promise<void> | undefined;
  log: Log;
  /** Folder of the agent's own key and its virtual cards. */
  dataFolder: string;
  /** Unix socket in a folder of this user, or `\\.\pipe\NAME` on Windows. */
  socketPath: string;
  /** The agent's origin on loopback. */
  url: string;
  /** Origin of CIS. */
  cisUrl: string;
  /** The trusted CIS2 with the addresses of its keys and exchange. */
  cis2: { issuer: string; jwksUrl: string; exchangeUrl: string };
  /** A server in this process, which the agent calls without a socket. */
  here?: ServiceHere | undefined;
  /** Adds `development.*` to the local socket, and marks each page as a test system. */
  development: boolean;
  generation: Generation;
  mode: SessionMode;
  /** Times of the session modes; each has a default. */
  timers?: Partial<Timers>;
  /** Refuses users without a role. */
  requireRole: boolean;
  /** Serves only browsers of the same local user; off for containers. */
  checkPeerUser: boolean;
  /** Serves only document navigations; off for browsers without Fetch Metadata. */
  strictNavigation?: boolean;
  /** Signs a browser in with a live session only after confirmation on a page; off by default. */
  confirmSignIn?: boolean;
  /** Also serves a fetch from CIS2's own page, if the browser allows it; off by default. */
  fetchTransport?: boolean;
  /** Lets pages have documents signed with the card, over the published ports; off by default. */
  credentialManagement?: boolean;
  /** Origins of the pages that may; in development also those of this machine. */
  credentialManagementOrigin?: readonly string[] | undefined;
  /** Ports other than the published ones, and milliseconds for the user's answer, for tests. */
  credentialManagementTest?: { ports?: readonly number[]; answerTimeout?: number };
  /** Returns tickets of CIS's legacy interface, for desktop applications that need them; off by default. */
  legacyTickets?: boolean;
  /** Lets CIS certify virtual cards. */
  cardIssuerSecret?: string;
  /** Virtual cards of a new installation and after a reset; by default those of the seeded people. */
  seedCards?: readonly CardSeed[];
  /** Id of the card transport; `virtual` by default. */
  transport?: string;
  cards?: CardSettings;
  /** Refusals of an agent that runs alone, for the method `explain`; elsewhere the console has them. */
  refusals?: RecentRefusals;
  /** Where the console finds those of Credential Management, which has listeners of its own. */
  consoleRefusals?: RefusalRecorder;
}

/** The agent as a service behind a loopback listener. It manages the local socket itself. */
export interface IdentityAgentService {
  readonly routes: readonly Route[];
  before(request: HttpRequest): Answer | undefined;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export interface IdentityAgent {
  service: IdentityAgentService;
  agent: Agent;
  /** Restores the seed: no session, no card in the reader, the seeded cards. */
  reset(): Promise<void>;
  /** Runs the regular work once, after the clock was moved. */
  tick(): Promise<void>;
}

const configurationOf = (
  options: IdentityAgentOptions,
  port: ReaderPort,
  signing: CredentialManagement | undefined,
): AgentConfiguration => ({
  version: agentVersion,
  generation: options.generation,
  mode: options.mode,
  requireRole: options.requireRole,
  url: options.url,
  cisUrl: options.cisUrl,
  cis2Issuer: options.cis2.issuer,
  cis2JwksUrl: options.cis2.jwksUrl,
  reader: port.problem === null ? (port.reader?.name ?? null) : null,
  readerProblem: port.problem,
  fetchTransport: options.fetchTransport ?? false,
  credentialManagementPorts: signing ? [...signing.ports] : null,
  now: new Date(options.clock.now()).toISOString(),
});

/** Starts to sign for pages, if that is switched on. */
async function startSigning(options: IdentityAgentOptions, agent: Agent) {
  if (!options.credentialManagement) return undefined;
  const { startCredentialManagement } = await import('./credential-management/index.ts');
  return startCredentialManagement({
    ...options,
    ...options.credentialManagementTest,
    refusals: options.refusals ?? options.consoleRefusals,
    agent,
    origins: options.credentialManagementOrigin ?? [],
  });
}

/** Creates the Identity Agent of a workstation. @throws OperatorError, CardStoreError if its data is unusable */
export async function createIdentityAgent(options: IdentityAgentOptions): Promise<IdentityAgent> {
  const { clock, log, dataFolder, development } = options;
  const servers = new Servers(options.here);
  const key = await agentKey(join(dataFolder, 'agent.key'));
  const cis = new CisClient({
    url: options.cisUrl,
    servers,
    clock,
    agentKey: key,
    cardIssuerSecret: options.cardIssuerSecret,
  });
  const presence = new Presence(cis, clock, log);
  const agent = new Agent({
    ...options,
    cis,
    agentId: key.thumbprint,
    legacyTickets: options.legacyTickets ?? false,
    timers: { ...defaultTimers, ...options.timers },
    announce: (sessionId) => presence.announce(sessionId),
  });

  const { store, issuer, port, virtual } = await openCards(options, agent, cis);
  async function reset(): Promise<void> {
    virtual()?.remove();
    await agent.signOut();
    await store.reset(options.seedCards ?? seededCards);
    await agent.settled();
  }

  const usedRequests = await UsedRequests.open(clock, join(dataFolder, 'used-requests'));
  const browser = createBrowserSide({
    ...options,
    agent,
    servers,
    strictNavigation: options.strictNavigation ?? true,
    fetchTransport: options.fetchTransport ?? false,
    confirmSignIn: options.confirmSignIn ?? false,
    credentialManagement: options.credentialManagement ?? false,
    peerUser: peerUserOf(options.url, options.checkPeerUser),
    portOwners: portOwnersOf(options.checkPeerUser),
    usedRequests,
  });
  const questions = new QuestionNotice({
    agent,
    clock,
    pageOf: (question) => new URL(question === 'signature' ? signaturePath : signInPath, options.url).href,
    isSeen: (question) => (question === 'signature' ? browser.isAskingToSign() : browser.isAsking()),
  });
  let signing: CredentialManagement | undefined;

  const methods = {
    ...ticketMethods(agent, () => questions.asked()),
    ...apiMethods(),
    ...deskMethods(agent, () => configurationOf(options, port, signing), options.refusals),
    ...cardMethods(agent),
    ...(development && developmentMethods({ agent, store, reader: virtual(), reset })),
    ...(development && slotMethods(store, issuer)),
  };
  const socket = new SocketServer({ path: options.socketPath, methods, log, flush: options.flush });
  agent.onNotice((name, params) => socket.notify(name, params));
  const sweep = (): void => {
    browser.sweep();
    void port.open();
  };
  const freshStart = new FreshStart(agent, cis, log);
  const work = new RegularWork({ agent, presence, freshStart, clock, log, sweep });

  return {
    agent,
    service: {
      routes: browser.routes,
      before: browser.before,
      async start() {
        signing = await startSigning(options, agent);
        await socket.listen();
        work.start();
        await work.tick();
      },
      async stop() {
        await signing?.stop();
        await socket.close();
        await work.stop();
        await agent.stop();
        await port.close();
        servers.close();
        usedRequests.close();
      },
    },
    reset,
    tick: () => work.tick(),
  };
}
