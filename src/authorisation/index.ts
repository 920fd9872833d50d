import { CookieNames } from '@alongside/kernel/cookies';
import { AnonymousRows } from '../oauth/anonymous-rows.ts';
import { Developers } from '../oauth/developers.ts';
import { ProofNonces } from '../oauth/dpop-nonce.ts';
import { NetworkLimit, networkLimits } from '../oauth/network-limit.ts';
import { RateLimiter } from '../oauth/rate-limits.ts';
import { Refusals } from '../oauth/refusals.ts';
import { RemoteKeys } from '../oauth/remote-keys.ts';
import type { Service } from '../service.ts';
import { createBase } from './base.ts';
import { createConsoleRoutes } from './console/routes.ts';
import type { AuthorisationDependencies } from './dependencies.ts';
import { Diagnosis } from './diagnosis.ts';
import { EndedSessions } from './ended-sessions.ts';
import { createNhsRoutes } from './nhs/service.ts';
import type { Parts } from './parts.ts';
import { createStandardRoutes } from './standard/service.ts';

export type { AuthorisationDependencies, BasePath } from './dependencies.ts';

/** The API authorisation service: one core under several base paths, each bound to its profile and its providers. */
export function createAuthorisation(dependencies: AuthorisationDependencies): Service {
  const limits = dependencies.networkLimits ?? networkLimits.parse({});
  const { clock, database, log, urls, development, singleUse, vault } = dependencies;
  const refusals = new Refusals(database, clock);
  const parts: Parts = {
    ...dependencies,
    diagnosis: new Diagnosis(refusals, log),
    developers: new Developers(database),
    limiter: new RateLimiter(database, clock),
    unproven: new NetworkLimit(dependencies, 'authorisation', limits.requests),
    failures: new NetworkLimit(dependencies, 'client-authentication', limits.failures),
    anonymousRows: new AnonymousRows(dependencies, 'authorisation', limits),
    clientKeys: new RemoteKeys(clock, { privateAddresses: development }),
    upstreamKeys: new RemoteKeys(clock, { privateAddresses: true }),
    proofNonces: new ProofNonces(vault, clock, 'authorisation'),
    endedSessions: new EndedSessions(singleUse),
    cookies: new CookieNames(urls.api, 'authorisation'),
  };
  const bases = dependencies.bases.map((settings) => createBase(settings, dependencies));
  return {
    onMalformed: parts.diagnosis.malformed,
    routes: [
      ...createConsoleRoutes(bases, parts, refusals),
      ...bases.flatMap((base) =>
        base.profile === 'nhs'
          ? createNhsRoutes(base, bases, parts)
          : createStandardRoutes(base, bases, parts),
      ),
    ],
    regularWork: [
      { service: 'authorisation', name: 'old-refusals', every: 600_000, run: () => refusals.sweep() },
    ],
  };
}
