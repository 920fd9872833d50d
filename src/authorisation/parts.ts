import type { CookieNames } from '@alongside/kernel/cookies';
import type { AnonymousRows } from '../oauth/anonymous-rows.ts';
import type { Developers } from '../oauth/developers.ts';
import type { ProofNonces } from '../oauth/dpop-nonce.ts';
import type { NetworkLimit } from '../oauth/network-limit.ts';
import type { RateLimiter } from '../oauth/rate-limits.ts';
import type { RemoteKeys } from '../oauth/remote-keys.ts';
import type { AuthorisationDependencies } from './dependencies.ts';
import type { Diagnosis } from './diagnosis.ts';
import type { EndedSessions } from './ended-sessions.ts';

/** What the service makes of its dependencies once, for all base paths. */
export interface Parts extends AuthorisationDependencies {
  diagnosis: Diagnosis;
  developers: Developers;
  limiter: RateLimiter;
  /** Requests of which nothing proves who sends them. */
  unproven: NetworkLimit;
  /** Client authentication that failed. */
  failures: NetworkLimit;
  anonymousRows: AnonymousRows;
  /** Key sets that applications registered: fetched from public addresses only, but in development. */
  clientKeys: RemoteKeys;
  /** Key sets of the providers, which the operator configured. */
  upstreamKeys: RemoteKeys;
  /** Nonces for DPoP proofs, where a base path wants them. */
  proofNonces: ProofNonces;
  endedSessions: EndedSessions;
  cookies: CookieNames;
}
