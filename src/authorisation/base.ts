import type { Clock } from '@alongside/kernel/clock';
import { stateKey } from '@alongside/kernel/journeys';
import type { SigningKeys } from '@alongside/kernel/keys';
import { type TrustedProxies, trustedProxies } from '@alongside/kernel/peer';
import type { Profile } from '../oauth/applications.ts';
import type { Parameters } from '../oauth/parameters.ts';
import type { RateLimits } from '../oauth/products.ts';
import { cis2Upstream, nhsLoginUpstream } from '../oauth/upstream/providers.ts';
import type { Upstream } from '../oauth/upstream/upstream.ts';
import type { Urls } from '../service.ts';
import type { BasePath } from './dependencies.ts';
import { type Hardening, hardeningOf } from './hardening.ts';

/** One base path of the service. Its addresses are from the configuration, never from a request. */
export interface Base {
  /** Begins with a slash. */
  path: string;
  /** The path without its slash, which is the API's name in products. */
  api: string;
  profile: BasePath['profile'];
  /** Profiles of the applications that it accepts. */
  serves: readonly Profile[];
  environment: string;
  issuer: string;
  tokenUrl: string;
  callbackUrl: string;
  /** The first is the default. */
  upstreams: readonly [Upstream, ...Upstream[]];
  /** Returns the provider with this issuer whose tokens are accepted here. */
  providerOf(issuer: unknown): Upstream | undefined;
  hardening: Hardening;
  /** The networks from which providers may end sessions; null for all. */
  logoutSources: TrustedProxies | null;
  /** Limits of all clients together; null by default. */
  limits: RateLimits | null;
  /** Whether requests may shorten the lifetimes of tokens. */
  shortenLifetimes: boolean;
}

const isMock = ({ providerName }: BasePath['cis2']): boolean => providerName === 'apim-mock-nhs-cis2';

/** Whether the provider is CIS2 of this installation, and not a realm of the mock. */
const isOwnCis2 = (cis2: BasePath['cis2'], urls: Urls): boolean => {
  const origin = URL.parse(urls.cis2)?.origin;
  return !isMock(cis2) && origin !== undefined && URL.parse(cis2.authorizeUrl)?.origin === origin;
};

export function createBase(
  settings: BasePath,
  dependencies: { urls: Urls; clock: Clock; keys: SigningKeys; development: boolean },
): Base {
  const issuer = `${dependencies.urls.api}${settings.path}`;
  const { profile, cis2, nhsLogin, others, options } = settings;
  const upstreams: Base['upstreams'] = [
    cis2Upstream(cis2, dependencies.clock, isOwnCis2(cis2, dependencies.urls)),
    ...(nhsLogin ? [nhsLoginUpstream(nhsLogin, dependencies)] : []),
  ];
  const provider = isMock(cis2) ? 'mock' : 'real';
  const hardening = hardeningOf(profile, provider, options);
  return {
    path: settings.path,
    api: settings.path.slice(1),
    profile,
    serves: profile === 'nhs' ? ['nhs'] : ['standard', 'fapi2'],
    environment: settings.environment,
    issuer,
    tokenUrl: `${issuer}/token`,
    callbackUrl: `${issuer}/callback`,
    upstreams,
    providerOf(named) {
      if (typeof named !== 'string') return undefined;
      const bound = upstreams.find((upstream) => upstream.issuer === named);
      const other = bound ? undefined : others?.(named);
      if (!other) return bound;
      return 'cis2' in other
        ? cis2Upstream(other.cis2, dependencies.clock)
        : nhsLoginUpstream(other.nhsLogin, dependencies);
    },
    hardening,
    logoutSources: hardening.logoutSources && trustedProxies(hardening.logoutSources),
    limits: settings.limits ?? null,
    shortenLifetimes: dependencies.development,
  };
}

/** Returns the journey keys of `state`: the client's in a request for authorization, the platform's in a provider's response. */
export function stateKeys({ upstreams }: Base, query: Parameters): string[] {
  const clientId = query.get('client_id');
  const senders = clientId === undefined ? upstreams : [{ clientId }];
  return senders.map((sender) => stateKey({ clientId: sender.clientId, state: query.get('state') }));
}
