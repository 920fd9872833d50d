import { type Activity, noRoute } from '@alongside/kernel/activity';
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
  const { api, cis2, identityAgent, cis } = urls;
  const services: Readonly<Record<string, string>> = {
    ...{ api, cis2, identityAgent, cis },
    ...{ apiMutualTls: api, cis2MutualTls: cis2 },
  };
  return {
    platform,
    at({ origin, pathname }) {
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
  if (service !== 'api' && service !== 'apiMutualTls') return undefined;
  if (caller.api !== undefined) return `api:${caller.api}`;
  if (/^\/(?:oauth2|authorisation\/|\.well-known\/oauth-authorization)/.test(route)) return 'authorisation';
  return `api:${/^\/([a-z\d][\w.-]*)/i.exec(route === noRoute ? '' : route)?.[1] ?? 'unknown'}`;
}
