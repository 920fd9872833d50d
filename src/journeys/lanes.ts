import { type Activity, activity, noRoute } from '@alongside/kernel/activity';
import type { Clock } from '@alongside/kernel/clock';
import { parseOwnJson } from '@alongside/kernel/json';
import type { OutboundCall } from '@alongside/kernel/outbound';
import type { Vault } from '@alongside/kernel/secrets';
import type { Urls } from '../service.ts';
import type { Lane } from './model.ts';

/** Which party is at an address. */
export interface Places {
  /** The platform as a client of CIS2. */
  readonly platform: string;
  at(url: URL): Lane;
  /** The public address of a listener. */
  urlOf(service: string): string;
}

export function placesOf(urls: Urls, platform: string): Places {
  const origins = new Map<string, Lane>(
    (
      [
        [urls.api, 'authorisation'],
        [urls.cis2, 'cis2'],
        [urls.identityAgent, 'identity-agent'],
        [urls.cis, 'cis'],
        [urls.console, 'console'],
      ] as const
    ).map(([url, lane]) => [new URL(url).origin, lane]),
  );
  const { api, apis, cis2, identityAgent, cis } = urls;
  const services: Readonly<Record<string, string>> = {
    api,
    cis2,
    identityAgent,
    cis,
    apis,
    apiMutualTls: api,
    apisMutualTls: apis,
    cis2MutualTls: cis2,
  };
  return {
    platform,
    at({ origin, pathname }) {
      if (apis !== api && origin === new URL(apis).origin) return apiLane(pathname);
      const known = origins.get(origin) ?? 'application';
      return known === 'cis2' ? (realmLane(pathname) ?? known) : known;
    },
    urlOf: (service) => services[service] ?? '',
  };
}

/** The realms of the mock stand for providers of others. Returns the lane of the one at this path. */
function realmLane(path: string): Lane | undefined {
  const [, realm] = /^(?:\/auth)?\/realms\/([^/]+)\//.exec(path) ?? [];
  if (realm === undefined) return undefined;
  return realm.startsWith('NHS-Login-') ? 'mock:NHS login' : 'mock:mock CIS2';
}

const apiLane = (path: string): Lane => `api:${/^\/([a-z\d][\w.-]*)/i.exec(path)?.[1] ?? 'unknown'}`;

const services: Readonly<Record<string, Lane>> = {
  cis: 'cis',
  cis2: 'cis2',
  cis2MutualTls: 'cis2',
  identityAgent: 'identity-agent',
};

/** Returns the party that received a request; undefined for services that are no part of journeys. */
export function laneOf({ service, route, caller, request }: Activity): Lane | undefined {
  const known = services[service];
  if (known === 'cis2' && route.includes('/realms/:')) return realmLane(request?.path ?? '') ?? known;
  if (known !== undefined) return known;
  if (!/^apis?(?:MutualTls)?$/.test(service)) return undefined;
  if (caller.api !== undefined) return `api:${caller.api}`;
  if (/^\/(?:oauth2|authorisation\/|\.well-known\/oauth-authorization)/.test(route)) return 'authorisation';
  return apiLane(route === noRoute ? '' : route);
}

/** The request during which another one was made. */
export interface Outer {
  readonly id: string;
  readonly lane: Lane | undefined;
  /** Its journey, if that was known when it called. */
  readonly journey?: string | undefined;
}

interface Sealing {
  readonly clock: Clock;
  readonly vault: Vault;
  readonly places: Places;
}

/** The header of calls between services over a socket: the calling request, sealed under a key of this installation. */
export const callerHeader = 'x-alongside-caller';
/** Milliseconds for which it is believed, so that one from a log is worth nothing. */
const believedFor = 60_000;

/** Names the calling request, if the call goes to a service of this installation. */
export function nameCaller({ purpose, url, headers }: OutboundCall, { clock, vault, places }: Sealing): void {
  const request = activity();
  const lane = request && (request.service === 'console' ? 'console' : laneOf(request));
  if (!request || lane === undefined || request.id === '' || places.at(url) === 'application') return;
  // Work that continues after its request, such as waiting for the end of a session, is not part of it.
  if (request.milliseconds > 0 && purpose !== 'logout') return;
  const outer = { id: request.id, lane, journey: request.journey, at: clock.now() };
  headers[callerHeader] = vault.seal('caller', JSON.stringify(outer));
}

/** Returns the request during which this one was made; undefined without proof of one. */
export function outerOf({ parent, request }: Activity, { clock, vault }: Sealing): Outer | undefined {
  if (parent) return parent.id === '' ? undefined : { id: parent.id, lane: laneOf(parent) };
  const sealed = request?.headers[callerHeader];
  if (typeof sealed !== 'string' || sealed.length > 1_000) return undefined;
  try {
    const { at, ...outer } = parseOwnJson<Outer & { at: number }>(vault.open('caller', sealed));
    return Math.abs(clock.now() - at) < believedFor ? outer : undefined;
  } catch {
    // An outsider sent it.
    return undefined;
  }
}
