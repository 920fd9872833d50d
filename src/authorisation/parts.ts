import type { CookieNames } from '@alongside/kernel/cookies';
import type { Developers } from '../oauth/developers.ts';
import type { ProofNonces } from '../oauth/dpop.ts';
import type { AnonymousRows, NetworkLimit } from '../oauth/network-limit.ts';
import type { RateLimiter } from '../oauth/rate-limits.ts';
import type { RemoteKeys } from '../oauth/remote-keys.ts';
import type { Derived } from '../storage/seldom-rows.ts';
import type { Base } from './base.ts';
import type { Client } from './clients.ts';
import type { AuthorisationDependencies } from './dependencies.ts';
import type { Diagnosis } from './diagnosis.ts';
import type { EndedSessions } from './ended-sessions.ts';
import type { Logouts } from './logouts.ts';

/** The dependencies of the service, and the parts that all base paths share. */
export interface PlatformParts extends AuthorisationDependencies {
  diagnosis: Diagnosis;
  developers: Developers;
  clients: Derived<Client | undefined>;
  limiter: RateLimiter;
  /** Limits unauthenticated requests. */
  unproven: NetworkLimit;
  /** Limits failed client authentication. */
  failures: NetworkLimit;
  anonymousRows: AnonymousRows;
  /** Key sets of applications; outside development only from public addresses. */
  clientKeys: RemoteKeys;
  /** Key sets of the configured providers. */
  upstreamKeys: RemoteKeys;
  /** Nonces for DPoP proofs, at base paths that require them. */
  proofNonces: ProofNonces;
  endedSessions: EndedSessions;
  logouts: Logouts;
  cookies: CookieNames;
}

/** The part of a step's context with the base path, and the parts of the service that the step uses. */
export interface AtBase<Used extends keyof PlatformParts = never> {
  server: { base: Base; parts: Pick<PlatformParts, Used> };
}
