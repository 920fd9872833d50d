import type { Clock } from '@alongside/kernel/clock';
import type { SigningKeys } from '@alongside/kernel/keys';
import type { Profile } from '../oauth/applications.ts';
import type { RateLimits } from '../oauth/products.ts';
import type { Urls } from '../service.ts';
import type { BasePath } from './dependencies.ts';
import { type Hardening, hardeningOf } from './hardening.ts';
import { cis2Upstream } from './upstream/cis2.ts';
import { nhsLoginUpstream } from './upstream/nhs-login.ts';
import type { Upstream } from './upstream/upstream.ts';

/** One base path, ready to serve. All addresses come from the configuration, never from a request. */
export interface Base {
  /** Begins with a slash. */
  path: string;
  /** The path without its slash: the service as an API of products. */
  api: string;
  profile: BasePath['profile'];
  /** Profiles of the applications that are clients here. */
  serves: readonly Profile[];
  environment: string;
  /** Names the tokens that are given out here. */
  issuer: string;
  tokenUrl: string;
  callbackUrl: string;
  /** The first signs in whoever asks for nothing else. */
  upstreams: readonly [Upstream, ...Upstream[]];
  /** The provider of this issuer whose tokens count here; undefined when none does. */
  providerOf(issuer: unknown): Upstream | undefined;
  hardening: Hardening;
  /** Of all clients together; null where nothing is configured. */
  limits: RateLimits | null;
  /** Whether requests may shorten lifetimes. */
  shortenLifetimes: boolean;
}

export function createBase(
  settings: BasePath,
  needed: { urls: Urls; clock: Clock; keys: SigningKeys; development: boolean },
): Base {
  const issuer = `${needed.urls.api}${settings.path}`;
  const { profile, cis2, nhsLogin, others, options } = settings;
  const upstreams: Base['upstreams'] = [
    cis2Upstream(cis2, needed.clock),
    ...(nhsLogin ? [nhsLoginUpstream(nhsLogin, needed)] : []),
  ];
  const provider = cis2.providerName === 'apim-mock-nhs-cis2' ? 'mock' : 'real';
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
        ? cis2Upstream(other.cis2, needed.clock)
        : nhsLoginUpstream(other.nhsLogin, needed);
    },
    hardening: hardeningOf(profile, provider, options),
    limits: settings.limits ?? null,
    shortenLifetimes: needed.development,
  };
}
