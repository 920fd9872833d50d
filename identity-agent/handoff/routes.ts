import { activity } from '@alongside/kernel/activity';
import { type Answer, json } from '@alongside/kernel/answer';
import { programRoutes } from '@alongside/kernel/assets';
import type { Clock } from '@alongside/kernel/clock';
import { Refusal } from '@alongside/kernel/errors';
import type { Recorder } from '@alongside/kernel/events';
import { html } from '@alongside/kernel/html';
import { framedPage, stylesheetRoutes } from '@alongside/kernel/layout';
import type { Log } from '@alongside/kernel/log';
import type { PeerUser } from '@alongside/kernel/peer-user';
import type { PortOwners } from '@alongside/kernel/port-owner';
import type { ErrorFormat, HttpRequest, Route } from '@alongside/kernel/request';
import { anyMethod, route, withoutMethodErrors } from '@alongside/kernel/route';
import { type Passed, steps } from '@alongside/kernel/steps';
import { consentRoutes } from '../credential-management/consent.ts';
import { errors } from '../errors.ts';
import { programs } from '../programs.ts';
import { handOffPath, presencePath } from '../protocol.ts';
import { CardVisits } from '../self-service/card-visits.ts';
import { selfServiceRoutes, signInPath } from '../self-service/routes.ts';
import type { Servers } from '../server-call.ts';
import type { Agent } from '../session/agent.ts';
import { agentVersion } from '../session/status.ts';
import { corsHeaders, runFetch, runPreflight } from './fetch-transport.ts';
import {
  allowedHosts,
  checkHost,
  checkNavigation,
  checkPeerUser,
  type GuardedRequest,
  secured,
} from './guard.ts';
import { claimedJti, type HandOffCall, handOff } from './hand-off.ts';
import { interactionRoutes } from './interaction-routes.ts';
import { Interactions } from './interactions.ts';
import { PinnedKeys } from './request.ts';
import type { UsedRequests } from './used-requests.ts';
import { Exchange, Vouching } from './vouching.ts';

export interface BrowserSideOptions {
  agent: Agent;
  clock: Clock;
  recorder: Recorder;
  log: Log;
  servers: Servers;
  /** The agent's origin. */
  url: string;
  cis2: { issuer: string; jwksUrl: string; exchangeUrl: string };
  development: boolean;
  strictNavigation: boolean;
  /** Whether a live session signs a browser in only after confirmation. */
  confirmSignIn: boolean;
  /** Whether CIS2's own page may call the agent. */
  fetchTransport: boolean;
  /** Whether pages may have documents signed. */
  credentialManagement: boolean;
  peerUser: PeerUser;
  portOwners: PortOwners;
  usedRequests: UsedRequests;
}

/** The agent's interface for browsers. */
export interface BrowserSide {
  routes: Route[];
  before(request: HttpRequest): Answer | undefined;
  /** Returns whether a page with a prompt for PIN or role is open. */
  isAsking(): boolean;
  /** Returns whether the page on which documents are signed is open. */
  isAskingToSign(): boolean;
  /** Removes expired state; called by the regular work. */
  sweep(): void;
}

/** An open page with a prompt polls; after this many milliseconds without a request it counts as closed. */
const lookedAtFor = 10_000;

const nothingThere = async (): Promise<Answer> => {
  throw errors.notFound('no such path or method');
};

interface StatusCall extends GuardedRequest {
  agent: Agent;
  development: boolean;
}

/** The page at the agent's address. It shows nothing about the user, because any local page can lead here. */
function showStatus({ agent, development }: StatusCall & Passed<'navigation' | 'peer-user'>): Answer {
  const { state, generation, mode } = agent.status();
  return framedPage(200, {
    title: 'The Identity Agent is running',
    service: 'Identity Agent',
    development,
    main: html`<dl class="summary"><dt>Version</dt><dd>${agentVersion}</dd><dt>State</dt><dd>${state}</dd>
<dt>Generation</dt><dd>${generation}</dd><dt>Mode</dt><dd>${mode}</dd></dl>
<p>Your browser is redirected here while you sign in.</p>
<p><a href="${signInPath}">Sign in here</a> for applications on this computer.</p>
<p><a href="/card">Manage your smartcard</a>: change its PIN, unblock it, or renew it.</p>`,
  });
}

const home = steps<StatusCall>('identity-agent.home')
  .step(checkNavigation)
  .step(checkPeerUser)
  .step(showStatus);

const unexpected = { status: 500, code: 'server_error', description: 'Something went wrong here.' };

const errorPage =
  (development: boolean): ErrorFormat =>
  (thrown, request) => {
    const { status, code, description } = thrown instanceof Refusal ? thrown.entry : unexpected;
    const main = html`<p class="error" role="alert">${description}</p><p class="quiet">${code} · ${request.id}</p>`;
    return secured(
      framedPage(status, { title: 'This did not work', service: 'Identity Agent', development, main }),
    );
  };

/** Returns the route to which CIS2 redirects a browser, or sends a fetch if that is switched on. */
function handOffRoutes(
  parts: Omit<HandOffCall, 'request'>,
  { fetchTransport }: BrowserSideOptions,
  errors: ErrorFormat,
): Route[] {
  const { guard } = parts;
  return route(handOffPath, {
    GET: {
      endpoint: (request) => handOff.run({ ...parts, request }),
      errors(thrown, request) {
        activity()?.join({ keys: [claimedJti(request)] });
        return errors(thrown, request);
      },
    },
    ...(fetchTransport && {
      POST: { endpoint: (request: HttpRequest) => runFetch({ ...parts, request }), errors },
      OPTIONS: { endpoint: (request: HttpRequest) => runPreflight({ request, guard }), errors },
    }),
  });
}

export function createBrowserSide(options: BrowserSideOptions): BrowserSide {
  const { agent, clock, recorder, log, servers, cis2, development, strictNavigation, peerUser } = options;
  const { portOwners } = options;
  const { origin } = new URL(options.url);
  const hosts = allowedHosts(origin);
  const caller = new URL(cis2.issuer).origin;
  const guard = { origin, caller, strictNavigation, peerUser };
  const exchange = new Exchange(cis2.exchangeUrl, servers);
  const vouching = new Vouching({ agent, exchange, portOwners, clock, recorder, log });
  const interactions = new Interactions(agent, clock, options.confirmSignIn);
  const cardVisits = new CardVisits(clock);
  const { issuer } = cis2;
  const handOffParts = {
    guard,
    cis2: { issuer, clock, keys: new PinnedKeys(cis2.jwksUrl, servers, clock) },
    desk: { agent, vouching, interactions, recorder, log, origin, usedRequests: options.usedRequests },
  };
  const errors = errorPage(development);
  let signatureSeenAt = Number.NEGATIVE_INFINITY;
  const consent = {
    agent,
    development,
    seen() {
      signatureSeenAt = clock.now();
    },
  };
  const routes: Route[] = withoutMethodErrors([
    ...handOffRoutes(handOffParts, options, errors),
    ...interactionRoutes({ agent, vouching, interactions, cardVisits, issuer, development }, guard, errors),
    ...selfServiceRoutes({ agent, cardVisits, clock, development }, guard, errors),
    ...(options.credentialManagement ? consentRoutes(consent, guard, errors) : []),
    ...route('/', {
      GET: { endpoint: (request) => home.run({ request, guard, agent, development }), errors },
    }),
    ...route('/healthz', { GET: { endpoint: async () => json(200, { status: 'ok' }), errors } }),
    ...route(presencePath, {
      GET: { endpoint: async () => json(200, {}).with(corsHeaders(caller)), errors },
    }),
    ...programRoutes(programs),
    ...stylesheetRoutes,
    ...route('/*', anyMethod({ endpoint: nothingThere, errors })),
  ]);
  return {
    routes: routes.map((route) => ({
      ...route,
      endpoint: async (request) => secured(await route.endpoint(request)),
    })),
    before(request) {
      checkHost(request, hosts);
      return undefined;
    },
    isAsking() {
      const lately = clock.now() - lookedAtFor;
      return interactions.seenSince(lately) || cardVisits.askedSince(lately);
    },
    isAskingToSign: () => clock.now() - lookedAtFor <= signatureSeenAt,
    sweep() {
      interactions.sweep();
      cardVisits.sweep();
    },
  };
}
