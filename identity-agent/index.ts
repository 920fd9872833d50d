import { join } from 'node:path';
import type { Answer } from '@alongside/kernel/answer';
import type { Clock } from '@alongside/kernel/clock';
import type { Recorder } from '@alongside/kernel/events';
import type { HttpRequest, Route } from '@alongside/kernel/http';
import type { Log } from '@alongside/kernel/log';
import { peerUserOf } from '@alongside/kernel/peer-user';
import type { Generation, SessionMode } from '../src/cis/protocol.ts';
import type { CertificateIssuer } from './card/card-issue.ts';
import type { CardSeed } from './card/card-record.ts';
import { CardStore } from './card/card-store.ts';
import type { Reader } from './card/transport.ts';
import type { CardSettings } from './card/transport-kind.ts';
import { VirtualReader } from './card/virtual-reader.ts';
import { createBrowserSide } from './handoff/routes.ts';
import { UsedRequests } from './handoff/used-requests.ts';
import type { AgentConfiguration } from './protocol.ts';
import { ReaderPort } from './reader-port.ts';
import type { RecentRefusals } from './recent-refusals.ts';
import { seededCards } from './seed-cards.ts';
import { signInPath } from './self-service/routes.ts';
import { Servers } from './server-call.ts';
import { Agent } from './session/agent.ts';
import { agentKey } from './session/agent-key.ts';
import { CisClient } from './session/cis-client.ts';
import type { CardLabel } from './session/desk-card.ts';
import { FreshStart } from './session/fresh-start.ts';
import { QuestionNotice } from './session/question-notice.ts';
import { Presence, RegularWork } from './session/regular-work.ts';
import { agentVersion } from './session/status.ts';
import { defaultTimers, type Timers } from './session/timers.ts';
import { apiMethods } from './socket/api-methods.ts';
import { cardMethods } from './socket/card-methods.ts';
import { deskMethods } from './socket/desk-methods.ts';
import { developmentMethods } from './socket/development-methods.ts';
import { SocketServer } from './socket/server.ts';
import { slotMethods } from './socket/slot-methods.ts';
import { ticketMethods } from './socket/ticket-methods.ts';

export interface IdentityAgentOptions {
  clock: Clock;
  recorder: Recorder;
  /** Keeps the events of a call on the local socket before it is answered. */
  flush?: () => Promise<void>;
  log: Log;
  /** Where the agent's own key and its virtual cards are. */
  dataFolder: string;
  /** Unix socket in a folder of this user alone, or `\\.\pipe\NAME` on Windows. */
  socketPath: string;
  /** Own origin, on loopback. */
  url: string;
  /** Origin of CIS. */
  cisUrl: string;
  /** The one CIS2 that is trusted, and where its keys and its exchange are. */
  cis2: { issuer: string; jwksUrl: string; exchangeUrl: string };
  /** Offers `development.*` on the local socket, and says on each page that this is a test system. */
  development: boolean;
  generation: Generation;
  mode: SessionMode;
  /** Times of the session modes; those that are not told are the usual ones. */
  timers?: Partial<Timers>;
  /** A person without a role cannot sign in. */
  requireRole: boolean;
  /** Answers only browsers of the same local user; off for containers. */
  checkPeerUser: boolean;
  /** Answers only what says that it is a document's navigation; off for browsers without Fetch Metadata. */
  strictNavigation?: boolean;
  /** A live session signs a browser in only when the person says so, on a page; off unless told. */
  confirmSignIn?: boolean;
  /** Also answers a fetch of CIS2's own page, where the browser lets it through; off unless told. */
  fetchTransport?: boolean;
  /** Tickets are those of CIS's legacy interface, for desktop applications that know only these; off unless told. */
  legacyTickets?: boolean;
  /** With it CIS certifies virtual cards. */
  cardIssuerSecret?: string;
  /** Virtual cards of a new installation and after a reset; the seeded people's unless told. */
  seedCards?: readonly CardSeed[];
  /** Id of the transport to reach cards with; `virtual` unless told. */
  transport?: string;
  /** How real cards are reached. */
  cards?: CardSettings;
  /** Refusals of an agent that runs alone, for the method `explain`; elsewhere the console has them. */
  refusals?: RecentRefusals;
}

/** The agent as a service behind a loopback listener; the local socket is its own. */
export interface IdentityAgentService {
  readonly routes: readonly Route[];
  before(request: HttpRequest): Answer | undefined;
  onError(thrown: unknown, request: HttpRequest): Answer;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export interface IdentityAgent {
  service: IdentityAgentService;
  agent: Agent;
  /** Back to the seed: nobody signed in, no card in the reader, the seeded cards. */
  reset(): Promise<void>;
  /** One look of the regular work at the clock, for those who moved it. */
  tick(): Promise<void>;
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

/** CIS as the issuing authority of virtual cards. */
const issuerAt = (cis: CisClient): CertificateIssuer => ({
  async issue({ serial, authenticationKey, signingKey, ...rest }) {
    const keys = { authenticationKey: base64(authenticationKey), signingKey: base64(signingKey) };
    const answer = await cis.certify({ ...rest, cardSerial: serial, ...keys });
    return {
      authentication: Buffer.from(answer.authentication, 'base64'),
      signing: Buffer.from(answer.signing, 'base64'),
    };
  },
});

/** Watches a reader; of virtual cards it is known what is printed on them, and they can be renewed here. */
function attach(agent: Agent, reader: Reader, store: CardStore): void {
  if (!(reader instanceof VirtualReader)) {
    agent.attach(reader, () => undefined);
    return;
  }
  const label = (): CardLabel | undefined => {
    const card = reader.serial === undefined ? undefined : store.get(reader.serial);
    return card && { serial: card.serial, persona: card.persona ?? null, name: card.name };
  };
  agent.attach(reader, label, { renew: (issuer) => reader.renew(issuer) });
}

const configurationOf = (options: IdentityAgentOptions, port: ReaderPort): AgentConfiguration => ({
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
  now: new Date(options.clock.now()).toISOString(),
});

/** The Identity Agent of one workstation. @throws OperatorError, CardStoreError when its data cannot be used */
export async function createIdentityAgent(options: IdentityAgentOptions): Promise<IdentityAgent> {
  const { clock, recorder, log, dataFolder, development, seedCards = seededCards } = options;
  const servers = new Servers();
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
    ...{ cis, clock, log, recorder, agentId: key.thumbprint },
    ...{ generation: options.generation, mode: options.mode, requireRole: options.requireRole },
    legacyTickets: options.legacyTickets ?? false,
    timers: { ...defaultTimers, ...options.timers },
    announce: (sessionId) => presence.announce(sessionId),
  });

  const store = await CardStore.open({
    path: join(dataFolder, 'cards.json'),
    secretPath: join(dataFolder, 'cards.secret'),
  });
  if (store.isNew && development) await store.reset(seedCards);
  const issuer = issuerAt(cis);
  const port = new ReaderPort(options.transport ?? 'virtual', {
    ...{ store, issuer, clock, log, settings: options.cards ?? {} },
    opened: (reader) => attach(agent, reader, store),
  });
  await port.open();
  const virtual = (): VirtualReader | undefined =>
    port.reader instanceof VirtualReader ? port.reader : undefined;

  async function reset(): Promise<void> {
    virtual()?.remove();
    await agent.signOut();
    await store.reset(seedCards);
    await agent.settled();
  }

  const usedRequests = await UsedRequests.open(clock, join(dataFolder, 'used-requests'));
  const browser = createBrowserSide({
    ...{ agent, clock, recorder, log, servers, development, url: options.url, cis2: options.cis2 },
    strictNavigation: options.strictNavigation ?? true,
    fetchTransport: options.fetchTransport ?? false,
    confirmSignIn: options.confirmSignIn ?? false,
    peerUser: peerUserOf(options.url, options.checkPeerUser),
    usedRequests,
  });
  const page = new URL(signInPath, options.url).href;
  const questions = new QuestionNotice({ agent, clock, page, isSeen: () => browser.isAsking() });

  const handwork = development ? developmentMethods({ agent, store, reader: virtual(), reset }) : {};
  const methods = {
    ...ticketMethods(agent, () => questions.asked()),
    ...apiMethods(),
    ...deskMethods(agent, () => configurationOf(options, port), options.refusals),
    ...cardMethods(agent),
    ...handwork,
    ...(development ? slotMethods(store, issuer) : {}),
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
      onError: browser.onError,
      async start() {
        await socket.listen();
        work.start();
        await work.tick();
      },
      async stop() {
        await socket.close();
        await work.stop();
        await agent.stop();
        await port.close();
        servers.close();
      },
    },
    reset,
    tick: () => work.tick(),
  };
}
