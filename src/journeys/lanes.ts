import { type Activity, noRoute } from '@alongside/kernel/activity';
import type { Urls } from '../service.ts';
import type { Lane } from './model.ts';

/** Which party is at an address. */
export interface Places {
  /** The platform as a client of CIS2. */
  readonly platform: string;
  at(origin: string): Lane;
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
    at: (origin) => origins.get(origin) ?? 'application',
    urlOf: (service) => services[service] ?? '',
  };
}

const services: Readonly<Record<string, Lane>> = {
  cis: 'cis',
  cis2: 'cis2',
  cis2MutualTls: 'cis2',
  identityAgent: 'identity-agent',
};

/** Returns the party that received a request; undefined for services that are no part of journeys. */
export function laneOf({ service, route, caller }: Activity): Lane | undefined {
  const known = services[service];
  if (known !== undefined) return known;
  if (service !== 'api' && service !== 'apiMutualTls') return undefined;
  if (caller.api !== undefined) return `api:${caller.api}`;
  if (/^\/(?:oauth2|authorisation\/|\.well-known\/oauth-authorization)/.test(route)) return 'authorisation';
  return `api:${/^\/([a-z\d][\w.-]*)/i.exec(route === noRoute ? '' : route)?.[1] ?? 'unknown'}`;
}
